#pragma once

#include <nlohmann/json_fwd.hpp>

#include "runner/train/loaded_trial.h"

namespace attempt::train {

/// "model", "data", "study" and "any_base" of a request.
ServingPlace place_of(const nlohmann::json& request);

/// "remove": names, "add": "name=path" of a request.
SourceChange change_of(const nlohmann::json& request);

}  // namespace attempt::train
