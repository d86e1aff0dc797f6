#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runner/sweep/plan.h"
#include "runner/sweep/speeds.h"

namespace attempt::cli {

/// One trial of each kind of a plan, and what these need: each cut to a few steps. The ids are
/// those of the plan, so that a target finds its source prompts.
sweep::Plan probe_plan(const sweep::Plan& plan);

/// Runs the probes on this machine in a folder that is gone afterwards, and keeps what they
/// measured.
/// @param workers  probes at the same time, as in `run --workers`; GPUs decide for themselves
/// @param speeds_file  where they are kept
/// @return what is to be told: kinds that could not be measured
/// @throws EnvironmentError where none could
std::vector<std::string> run_probes(const sweep::Plan& plan, std::int64_t workers,
                                    const std::filesystem::path& speeds_file);

}  // namespace attempt::cli
