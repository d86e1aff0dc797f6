#include "model/methods/target_prompt.h"

#include <ATen/ATen.h>

namespace attempt::model {

at::Tensor initial_residual_tensor(const MethodInputs& inputs, const TensorShape& shape,
                                   const std::vector<TensorShape>& all) {
  const at::Tensor value = initial_encoder_tensor(inputs, shape, all);
  return shape.name.starts_with("encoder.mlp.2.") ? at::zeros_like(value) : value;
}

at::Tensor through_residual(const PromptEncoder& encoder, const at::Tensor& rows) {
  return encoder.is_there() ? rows + encoder(rows) : rows;
}

}  // namespace attempt::model
