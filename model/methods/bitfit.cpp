#include "model/methods/bitfit.h"

#include <ATen/ATen.h>

#include "model/attach.h"

namespace attempt::model {

BitFit::BitFit(const MethodInputs& inputs) : FrozenBackboneMethod(*inputs.backbone) {
  const T5& backbone = *inputs.backbone;
  const auto initial = [&](const TensorShape& shape) {
    const auto existing = backbone.tensors.find(shape.name);
    if (existing != backbone.tensors.end()) return existing->second;
    return at::zeros(shape.dims, at::TensorOptions().dtype(at::kFloat).device(backbone.device));
  };
  attach(t5(), add_parameters(trained_shapes(inputs.options, backbone.config), initial));
}

}  // namespace attempt::model
