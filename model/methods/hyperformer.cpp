#include "model/methods/hyperformer.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include "model/prompt_init.h"

namespace attempt::model {

namespace {

// methods.md section 4.6
constexpr double kInitStd = 0.01;
constexpr double kCodeNormEpsilon = 1e-6;
constexpr std::int64_t kFeedForward = 0, kSelfAttention = 1;  // position codes

bool is_code(const std::string& name) {
  return name == "hyper.task" || name.ends_with(".layer") || name.ends_with(".position");
}

}  // namespace

HyperFormer::HyperFormer(const MethodInputs& inputs)
    : FrozenBackboneMethod(*inputs.backbone),
      width_(inputs.backbone->config.d_model / inputs.options.adapter_reduction),
      tasks_(inputs.options.tasks),
      fold_(inputs.options.fold) {
  const T5& backbone = *inputs.backbone;
  const auto wide = at::TensorOptions().dtype(at::kFloat).device(backbone.device);
  TensorMap norms;
  for (const TensorShape& shape : trained_shapes(inputs.options, backbone.config)) {
    const std::string& name = shape.name;
    if (const auto norm = backbone.tensors.find(name); norm != backbone.tensors.end()) {
      norms[name] = add_parameter(name, norm->second);
      continue;
    }
    const bool is_vector = shape.dims.size() == 1;
    at::Tensor value = name.ends_with(".ln_weight") ? at::ones(shape.dims, wide)
                       : is_vector
                           ? at::zeros(shape.dims, wide)
                           : normal_tensor(inputs, name, shape.dims, is_code(name) ? 1 : kInitStd);
    trained_[name] = add_parameter(name, value, ParameterGroup::kMain, is_vector);
  }
  attach(t5(), norms);
}

Adapter HyperFormer::Generated::adapter(std::int64_t layer, std::int64_t position) const {
  const auto at_place = [&](const at::Tensor& made) {
    return made.select(1, layer).select(1, position);
  };
  return {at_place(down_weight),
          at_place(down_bias),
          at_place(up_weight),
          at_place(up_bias),
          at_place(gain),
          at_place(offset),
          task_ids};
}

HyperFormer::Generated HyperFormer::generate(const std::string& stack,
                                             const at::Tensor& tasks) const {
  const auto tensor = [&](const char* name) {
    return trained_.at(fmt::format("hyper.{}.{}", stack, name));
  };
  const at::Tensor task = trained_.at("hyper.task").index_select(0, tasks);
  const at::Tensor layer = tensor("layer"), position = tensor("position");
  const std::vector<std::int64_t> places = {task.size(0), layer.size(0), position.size(0), -1};
  const at::Tensor codes = at::cat({task.unsqueeze(1).unsqueeze(2).expand(places),
                                    layer.unsqueeze(1).expand(places), position.expand(places)},
                                   -1);
  const at::Tensor hidden = at::relu(at::linear(codes, tensor("W1"), tensor("b1")));
  const at::Tensor projected = at::linear(hidden, tensor("W2"), tensor("b2"));
  const at::Tensor code = at::layer_norm(projected, {projected.size(-1)}, tensor("ln_weight"),
                                         tensor("ln_bias"), kCodeNormEpsilon);
  const auto made = [&](const char* matrix, const char* bias) {
    return at::linear(code, tensor(matrix), tensor(bias));
  };
  const auto matrix = [&](const at::Tensor& flat, std::int64_t rows) {
    return flat.view({flat.size(0), flat.size(1), flat.size(2), rows, -1});
  };
  return {matrix(made("Hd", "hd"), width_),
          made("He", "he"),
          matrix(made("Hu", "hu"), t5().config.d_model),
          made("Hc", "hc"),
          made("Hg", "hg"),
          made("Hb", "hb"),
          {}};
}

std::function<Adapter(const AdapterPlace&)> HyperFormer::adapters(
    const at::Tensor& tasks, const at::Tensor& task_ids) const {
  Generated encoder = generate("encoder", tasks), decoder = generate("decoder", tasks);
  encoder.task_ids = decoder.task_ids = task_ids;
  return [encoder, decoder](const AdapterPlace& place) {
    return (place.stack == "encoder" ? encoder : decoder)
        .adapter(place.layer, place.is_attention ? kSelfAttention : kFeedForward);
  };
}

void HyperFormer::prepare(const Batch& batch, Dropout&) {
  // Only for the tasks of the batch.
  const auto [tasks, task_ids, counts] =
      at::_unique2(batch.task_ids, /*sorted=*/true, /*return_inverse=*/true);
  set_adapters(t5(), adapters(tasks, task_ids));
}

std::vector<NamedTensor> HyperFormer::saved_tensors() const {
  if (!fold_) return FrozenBackboneMethod::saved_tensors();
  const c10::NoGradGuard guard;
  const auto count = static_cast<std::int64_t>(tasks_.size());
  const auto made =
      adapters(at::arange(count, at::TensorOptions(at::kLong).device(t5().device)), {});
  std::vector<NamedTensor> saved;
  for_each_adapter_place(t5(), [&](const AdapterPlace& place) {
    const Adapter adapter = made(place);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string name = place.name() + "." + tasks_[static_cast<std::size_t>(i)];
      saved.push_back({name + ".down.weight", adapter.down_weight[i]});
      saved.push_back({name + ".down.bias", adapter.down_bias[i]});
      saved.push_back({name + ".up.weight", adapter.up_weight[i]});
      saved.push_back({name + ".up.bias", adapter.up_bias[i]});
      saved.push_back({name + ".gain", adapter.gain[i]});
      saved.push_back({name + ".offset", adapter.offset[i]});
    }
  });
  for (const NamedTensor& tensor : FrozenBackboneMethod::saved_tensors())
    if (!trained_.contains(tensor.name)) saved.push_back(tensor);  // the norms
  return saved;
}

}  // namespace attempt::model
