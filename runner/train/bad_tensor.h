#pragma once

#include <optional>
#include <string>

#include "model/method.h"
#include "model/t5.h"

namespace attempt::train {

/// Names the first tensor that holds NaN or infinity: trained parameters, then weights of the
/// backbone, then gradients.
/// @return e.g. "gradient of 'prompt' (3 of 51200 elements)"; empty when all are finite.
std::optional<std::string> first_bad_tensor(const model::Method& method, const model::T5& backbone);

}  // namespace attempt::train
