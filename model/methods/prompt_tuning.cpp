#include "model/methods/prompt_tuning.h"

#include "model/prompt_init.h"

namespace attempt::model {

PromptTuning::PromptTuning(const MethodInputs& inputs) : InputPromptMethod(*inputs.backbone) {
  prompt_ = add_parameter("prompt", initial_prompt(inputs), ParameterGroup::kMain);
}

at::Tensor PromptTuning::prompt_rows(const at::Tensor&, const Batch&) { return prompt_; }

}  // namespace attempt::model
