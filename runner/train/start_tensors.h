#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "model/method.h"
#include "results/study_folder.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::train {

/// Tensors of other trials that a trial starts from.
struct StartTensors {
  std::vector<model::NamedTensor> all;  ///< every trained one, or none
  std::vector<model::NamedTensor> g;    ///< those of the attention network, or none
};

/// Reads what spec.starts names and adds an entry each to `description`: what, trial, SHA-256.
/// Nothing is used whose content is not what its digest says.
/// @throws TrialFailure (cause "source") naming the file.
StartTensors load_start_tensors(const sweep::TrialSpec& spec, const results::StudyFolder& folder,
                                nlohmann::json& description);

}  // namespace attempt::train
