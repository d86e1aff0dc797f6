#pragma once

#include <memory>
#include <vector>

#include "datasets/tokenizer.h"
#include "model/method.h"
#include "model/t5.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::train {

/// Builds a trial's method with the initialisation stream of its seed; tokenises the texts and
/// reads the files and rows that its initialisation asks for.
std::unique_ptr<model::Method> set_up_method(const sweep::TrialSpec& spec, model::T5& backbone,
                                             const datasets::Tokenizer& tokenizer,
                                             std::vector<model::SourcePrompt> sources);

}  // namespace attempt::train
