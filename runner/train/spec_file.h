#pragma once

#include <filesystem>

#include "runner/sweep/plan.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::train {

/// Reads what `attempt` wrote for a trainer: JSON of a trial or of a prepare node.
/// @throws std::runtime_error naming the file and what is wrong with it.
sweep::TrialSpec read_trial_spec(const std::filesystem::path& path);
sweep::PrepareNode read_prepare_node(const std::filesystem::path& path);

}  // namespace attempt::train
