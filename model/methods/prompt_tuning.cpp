#include "model/methods/prompt_tuning.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "model/methods/target_prompt.h"
#include "model/prompt_init.h"
#include "model/shapes/prompt_encoder_shapes.h"

namespace attempt::model {

PromptTuning::PromptTuning(const MethodInputs& inputs)
    : FrozenBackboneMethod(*inputs.backbone, PromptPlaces(inputs)),
      is_deep_(inputs.options.is_deep) {
  if (is_deep_) {
    prompt_ = add_parameter("prompts", initial_deep_prompts(inputs));
    return;
  }
  prompt_ = add_parameter("prompt", initial_prompt(inputs));
  const auto shapes = residual_encoder_shapes(inputs.options, inputs.backbone->config);
  const TensorMap network = add_parameters(
      shapes,
      [&](const TensorShape& shape) { return initial_residual_tensor(inputs, shape, shapes); },
      ParameterGroup::kEncoder);
  encoder_ = PromptEncoder(network, inputs.options.prompt_encoder == PromptEncoderKind::kLstm);
}

at::Tensor PromptTuning::prompt_rows(const at::Tensor&, const Batch&) {
  return is_deep_ ? prompt_[0] : through_residual(encoder_, prompt_);
}

LayerInputChange PromptTuning::layer_input_change(const Batch&) {
  if (!is_deep_) return {};
  return [this](std::int64_t layer, const at::Tensor& x) {
    const at::Tensor rows =
        prompt_[layer].to(x.scalar_type()).unsqueeze(0).expand({x.size(0), -1, -1});
    return at::cat({rows, x.slice(1, rows.size(1))}, 1);
  };
}

std::vector<NamedTensor> PromptTuning::saved_tensors() const {
  const c10::NoGradGuard guard;
  if (is_deep_) return {{"prompts", prompt_.detach()}};
  return {{"prompt", through_residual(encoder_, prompt_).detach()}};
}

}  // namespace attempt::model
