#include "model/methods/ia3.h"

#include <ATen/ATen.h>

#include "model/attach.h"

namespace attempt::model {

Ia3::Ia3(const MethodInputs& inputs) : FrozenBackboneMethod(*inputs.backbone) {
  const auto initial = [&](const TensorShape& shape) {
    return at::ones(shape.dims,
                    at::TensorOptions().dtype(at::kFloat).device(inputs.backbone->device));
  };
  attach(t5(), add_parameters(trained_shapes(inputs.options, inputs.backbone->config), initial));
}

}  // namespace attempt::model
