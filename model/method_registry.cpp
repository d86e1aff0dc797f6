#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include "model/method.h"
#include "model/methods/adapter.h"
#include "model/methods/attempt.h"
#include "model/methods/bitfit.h"
#include "model/methods/fine_tuning.h"
#include "model/methods/frozen.h"
#include "model/methods/hyperformer.h"
#include "model/methods/ia3.h"
#include "model/methods/lora.h"
#include "model/methods/p_tuning.h"
#include "model/methods/prefix_tuning.h"
#include "model/methods/prompt_tuning.h"
#include "model/shapes/method_shapes.h"
#include "model/shapes/model_error.h"

namespace attempt::model {

namespace {

template <typename T>
std::unique_ptr<Method> make(const MethodInputs& inputs) {
  return std::make_unique<T>(inputs);
}

struct RegistryEntry {
  const char* id;
  std::unique_ptr<Method> (*make)(const MethodInputs& inputs);
};

/// The explicit list of all methods; a multi-task form `<id>_m` is the same class, told of several
/// tasks by MethodOptions::tasks. Their shapes stand in shapes/method_shapes.cpp.
constexpr RegistryEntry kRegistry[] = {
    {"frozen", make<Frozen>},
    {"fine_tuning", make<FineTuning>},
    {"bitfit", make<BitFit>},
    {"adapter", make<AdapterTuning>},
    {"adapter_drop", make<AdapterTuning>},
    {"lora", make<Lora>},
    {"ia3", make<Ia3>},
    {"prompt_tuning", make<PromptTuning>},
    {"spot", make<PromptTuning>},
    {"prefix_tuning", make<PrefixTuning>},
    {"p_tuning", make<PTuning>},
    {"p_tuning_v2", make<PrefixTuning>},
    {"hyperformer", make<HyperFormer>},
    {"attempt", make<Attempt>},
};

/// What was allocated must be what `plan` counted.
void check_shapes(const Method& method, const MethodInputs& inputs) {
  const auto shapes = trained_shapes(inputs.options, inputs.backbone->config);
  bool is_equal = shapes.size() == method.parameters().size();
  for (std::size_t i = 0; is_equal && i < shapes.size(); ++i) {
    const TrainedParameter& parameter = method.parameters()[i];
    is_equal = parameter.name == shapes[i].name &&
               parameter.value.sizes() == at::IntArrayRef(shapes[i].dims);
  }
  if (!is_equal) {
    throw std::logic_error("method '" + inputs.options.method +
                           "' allocates other tensors than trained_shapes() lists");
  }
}

}  // namespace

std::unique_ptr<Method> make_method(const MethodInputs& inputs) {
  const std::string id = single_task_form(inputs.options.method);
  for (const RegistryEntry& entry : kRegistry) {
    if (id != entry.id) continue;
    std::unique_ptr<Method> method = entry.make(inputs);
    check_shapes(*method, inputs);
    return method;
  }
  throw std::invalid_argument("unknown method '" + inputs.options.method + "'");
}

void restore_parameters(Method& method, const std::vector<NamedTensor>& tensors) {
  const c10::NoGradGuard guard;
  for (const TrainedParameter& parameter : method.parameters()) {
    const NamedTensor* found = nullptr;
    for (const NamedTensor& tensor : tensors) {
      if (tensor.name == parameter.name) found = &tensor;
    }
    if (found == nullptr)
      throw ModelError(parameter.name, "is missing among the stored parameters");
    if (found->value.sizes() != parameter.value.sizes()) {
      throw ModelError(parameter.name,
                       fmt::format("is stored with another shape ({} elements, expected {})",
                                   found->value.numel(), parameter.value.numel()));
    }
    at::Tensor target = parameter.value;
    target.copy_(found->value);
  }
}

std::unique_ptr<Method> restore_method(MethodInputs inputs, const std::vector<NamedTensor>& saved) {
  inputs.options = folded_options(inputs.options);
  std::unique_ptr<Method> method = make_method(inputs);
  restore_parameters(*method, saved);
  return method;
}

}  // namespace attempt::model
