#include "model/methods/lora.h"

#include <ATen/ATen.h>

#include <cmath>

#include "model/prompt_init.h"

namespace attempt::model {

Lora::Lora(const MethodInputs& inputs) : FrozenBackboneMethod(*inputs.backbone) {
  const MethodOptions& options = inputs.options;
  const auto initial = [&](const TensorShape& shape) {
    const bool is_a = shape.name.ends_with(".lora_A");
    const double bound = is_a ? 1 / std::sqrt(static_cast<double>(shape.dims[1])) : 0;
    return uniform_tensor(inputs, shape.name, shape.dims, bound);
  };
  trained_ = add_parameters(trained_shapes(options, inputs.backbone->config), initial);
  branch_ = {options.lora_alpha / static_cast<double>(options.lora_rank), options.lora_dropout};
  attach(t5(), trained_, branch_);
}

void Lora::prepare(const Batch&, Dropout& dropout) {
  if (branch_.dropout_rate == 0) return;
  branch_.dropout = &dropout;
  attach(t5(), trained_, branch_);
}

}  // namespace attempt::model
