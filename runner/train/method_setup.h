#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "datasets/tokenizer.h"
#include "model/method.h"
#include "model/t5.h"
#include "runner/sweep/trial_spec.h"
#include "runner/train/start_tensors.h"

namespace attempt::train {

/// Builds a trial's method with the initialisation stream of its seed; tokenises the texts and
/// reads the files and rows that its initialisation asks for.
/// @throws TrialFailure when a file is no longer the one that was planned.
std::unique_ptr<model::Method> set_up_method(const sweep::TrialSpec& spec, model::T5& backbone,
                                             const datasets::Tokenizer& tokenizer,
                                             std::vector<model::SourcePrompt> sources,
                                             const StartTensors& starts = {});

/// What a finished trial kept, and tensors of others that it used and did not keep.
struct SavedTensors {
  StartTensors starts;  ///< of a G that was not trained
  std::vector<model::NamedTensor> saved;
};

/// The method of a finished trial: it predicts bit for bit what the trial's did. A calibrated
/// temperature stands in the options as the number that it was.
std::unique_ptr<model::Method> restore_trial_method(const sweep::TrialSpec& spec,
                                                    model::T5& backbone,
                                                    const datasets::Tokenizer& tokenizer,
                                                    std::vector<model::SourcePrompt> sources,
                                                    const SavedTensors& tensors);

/// The rows that a prompt started from, [P, D] float32 on the CPU: what its initialisation stream
/// gives again. @throws ModelError for a file that cannot be used.
at::Tensor drawn_start(const sweep::PromptStart& start, model::T5& backbone,
                       const datasets::Tokenizer& tokenizer);

}  // namespace attempt::train
