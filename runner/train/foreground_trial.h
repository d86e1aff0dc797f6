#pragma once

#include <filesystem>

#include "runner/train/trial_runner.h"

namespace attempt::train {

/// Runs one trial for a person at a terminal: progress and errors on standard error, the name of
/// the trial file on standard output.
/// @return the exit code of interfaces.md section 1: 0, 1 (failed), 75 (stopped, checkpoint kept).
int run_in_foreground(TrialRunner& runner, const std::filesystem::path& spec_file,
                      const std::filesystem::path& study);

/// Pretrains a backbone for a person at a terminal; see pretrain(). @return 0, 1, or 75 (stopped).
int pretrain_in_foreground(const std::filesystem::path& spec_file, const std::filesystem::path& out,
                           const at::Device& device);

}  // namespace attempt::train
