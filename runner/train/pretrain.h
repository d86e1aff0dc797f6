#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

#include "runner/sweep/pretrain_spec.h"
#include "runner/train/trial_monitor.h"

namespace attempt::train {

/// Trains a T5 from nothing and leaves in `out`:
///   backbone/   config.json, model.safetensors (bf16), spiece.model
///   loss.h5     a trial file of phase "pretrain" with the loss of every step
/// Goes on from the newest checkpoint in out/checkpoints; an interrupted run gives the same bits.
/// @throws StopRequested after writing a checkpoint; TrialFailure for a loss that is not a number.
void pretrain(const sweep::PretrainSpec& spec, const std::filesystem::path& out,
              const at::Device& device, const TrialMonitor& monitor);

}  // namespace attempt::train
