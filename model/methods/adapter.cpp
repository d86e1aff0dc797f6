#include "model/methods/adapter.h"

#include <ATen/ATen.h>

#include "model/attach.h"
#include "model/prompt_init.h"

namespace attempt::model {

AdapterTuning::AdapterTuning(const MethodInputs& inputs) : FrozenBackboneMethod(*inputs.backbone) {
  constexpr double kInitStd = 0.01;  // methods.md section 4.3
  const T5& backbone = *inputs.backbone;
  const auto initial = [&](const TensorShape& shape) {
    const auto existing = backbone.tensors.find(shape.name);
    if (existing != backbone.tensors.end()) return existing->second;
    const bool is_weight = shape.name.ends_with(".weight");
    return normal_tensor(inputs, shape.name, shape.dims, is_weight ? kInitStd : 0);
  };
  attach(t5(), add_parameters(trained_shapes(inputs.options, backbone.config), initial));
}

}  // namespace attempt::model
