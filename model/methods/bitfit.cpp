#include "model/methods/bitfit.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <string>
#include <string_view>

#include "model/attach.h"

namespace attempt::model {

namespace {

/// Whether the map `map` reads what the norm `norm` gives; names of tensors without their ending,
/// as "encoder.block.0.layer.0.SelfAttention.q" and "encoder.block.0.layer.0.layer_norm". Keys and
/// values of cross-attention read the encoder's output, o and wo what their sublayer has made.
bool feeds(const std::string& norm, const std::string& map) {
  const std::string layer = norm.substr(0, norm.rfind('.') + 1);
  if (!map.starts_with(layer)) return false;
  const std::string inside = map.substr(layer.size());
  for (const char* fed :
       {"SelfAttention.q", "SelfAttention.k", "SelfAttention.v", "EncDecAttention.q",
        "DenseReluDense.wi", "DenseReluDense.wi_0", "DenseReluDense.wi_1"}) {
    if (inside == fed) return true;
  }
  return false;
}

}  // namespace

BitFit::BitFit(const MethodInputs& inputs)
    : FrozenBackboneMethod(*inputs.backbone),
      fold_(inputs.options.fold && !inputs.options.norm_scales_only) {
  const T5& backbone = *inputs.backbone;
  const auto initial = [&](const TensorShape& shape) {
    const auto existing = backbone.tensors.find(shape.name);
    if (existing != backbone.tensors.end()) return existing->second;
    return at::zeros(shape.dims, at::TensorOptions().dtype(at::kFloat).device(backbone.device));
  };
  attach(t5(), add_parameters(trained_shapes(inputs.options, backbone.config), initial));
}

std::vector<NamedTensor> BitFit::saved_tensors() const {
  if (!fold_) return FrozenBackboneMethod::saved_tensors();
  const c10::NoGradGuard guard;
  constexpr std::string_view kBias = ".bias", kNorm = ".layer_norm";
  const auto stem = [&](const NamedTensor& tensor) {
    return tensor.name.substr(0, tensor.name.size() - kBias.size());
  };
  std::vector<NamedTensor> norms, saved;
  for (const NamedTensor& tensor : FrozenBackboneMethod::saved_tensors())
    (stem(tensor).ends_with(kNorm) ? norms : saved).push_back(tensor);
  for (NamedTensor& bias : saved) {
    for (const NamedTensor& norm : norms) {
      if (!feeds(stem(norm), stem(bias))) continue;
      const at::Tensor weight = t5().tensors.at(stem(bias) + ".weight").to(at::kFloat);
      bias.value = bias.value + at::mv(weight, norm.value);
    }
  }
  return saved;
}

}  // namespace attempt::model
