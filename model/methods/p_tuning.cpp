#include "model/methods/p_tuning.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "model/prompt_init.h"

namespace attempt::model {

PTuning::PTuning(const MethodInputs& inputs)
    : FrozenBackboneMethod(*inputs.backbone, PromptPlaces(inputs)) {
  const auto shapes = trained_shapes(inputs.options, inputs.backbone->config);
  const TensorMap trained = add_parameters(shapes, [&](const TensorShape& shape) {
    if (shape.name == "encoder.embedding")
      return normal_tensor(inputs, shape.name, shape.dims, 1.0);
    return initial_encoder_tensor(inputs, shape, shapes);
  });
  embedding_ = trained.at("encoder.embedding");
  encoder_ = PromptEncoder(trained, inputs.options.prompt_encoder == PromptEncoderKind::kLstm);
}

at::Tensor PTuning::prompt_rows(const at::Tensor&, const Batch&) { return encoder_(embedding_); }

std::vector<NamedTensor> PTuning::saved_tensors() const {
  const c10::NoGradGuard guard;
  return {{"prompt", encoder_(embedding_)}};
}

}  // namespace attempt::model
