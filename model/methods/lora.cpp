#include "model/methods/lora.h"

#include <ATen/ATen.h>

#include <cmath>

#include "model/attach.h"
#include "model/prompt_init.h"

namespace attempt::model {

Lora::Lora(const MethodInputs& inputs) : FrozenBackboneMethod(*inputs.backbone) {
  const MethodOptions& options = inputs.options;
  const auto initial = [&](const TensorShape& shape) {
    const bool is_a = shape.name.ends_with(".lora_A");
    const double bound = is_a ? 1 / std::sqrt(static_cast<double>(shape.dims[1])) : 0;
    return uniform_tensor(inputs, shape.name, shape.dims, bound);
  };
  attach(t5(), add_parameters(trained_shapes(options, inputs.backbone->config), initial),
         options.lora_alpha / static_cast<double>(options.lora_rank));
}

}  // namespace attempt::model
