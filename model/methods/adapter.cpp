#include "model/methods/adapter.h"

#include <ATen/ATen.h>

#include "model/attach.h"
#include "model/prompt_init.h"

namespace attempt::model {

AdapterTuning::AdapterTuning(const MethodInputs& inputs)
    : FrozenBackboneMethod(*inputs.backbone),
      tasks_(inputs.options.tasks),
      is_normed_(inputs.options.adapter_is_normed) {
  constexpr double kInitStd = 0.01;  // methods.md section 4.3
  const T5& backbone = *inputs.backbone;
  const auto initial = [&](const TensorShape& shape) {
    const auto existing = backbone.tensors.find(shape.name);
    if (existing != backbone.tensors.end()) return existing->second;
    const bool is_weight = shape.name.ends_with(".weight");
    return normal_tensor(inputs, shape.name, shape.dims, is_weight ? kInitStd : 0);
  };
  trained_ = add_parameters(trained_shapes(inputs.options, backbone.config), initial);
  attach(t5(), trained_);
}

void AdapterTuning::prepare(const Batch& batch, Dropout&) {
  if (tasks_.empty()) return;  // one set of adapters, which attach() has put in place
  set_adapters(t5(), [&](const AdapterPlace& place) {
    const auto of_tasks = [&](const char* name) {
      std::vector<at::Tensor> tensors;
      for (const std::string& task : tasks_)
        tensors.push_back(trained_.at(place.name() + "." + task + "." + name));
      return at::stack(tensors);
    };
    Adapter adapter;
    adapter.down_weight = of_tasks("down.weight");
    adapter.down_bias = of_tasks("down.bias");
    adapter.up_weight = of_tasks("up.weight");
    adapter.up_bias = of_tasks("up.bias");
    if (is_normed_) {
      adapter.gain = of_tasks("gain");
      adapter.offset = of_tasks("offset");
    }
    adapter.task_ids = batch.task_ids;
    return adapter;
  });
}

}  // namespace attempt::model
