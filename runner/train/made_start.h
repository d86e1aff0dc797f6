#pragma once

#include <ATen/core/Tensor.h>

#include "runner/train/source_prompts.h"

namespace attempt::train {

/// What a SPoT trial's start is made of.
struct StartMaterial {
  LoadedSources sources;
  LoadedSources probe;  ///< one prompt, R
  at::Tensor drawn;     ///< S^0 [P, D]; undefined where it is not known
};

/// Makes the start of a SPoT trial out of its source prompts; methods.md section 6.1. The result
/// holds one prompt, kMadeStart, and describes every source with `similarity`,
/// `similarity_without_start` (of S - S^0 and R - S^0; null where S did not start from S^0) and
/// `weight`, and the probe.
/// @throws TrialFailure (cause "source") where no source prompt is similar to the task.
LoadedSources make_start(const sweep::StartChoice& choice, const StartMaterial& material);

}  // namespace attempt::train
