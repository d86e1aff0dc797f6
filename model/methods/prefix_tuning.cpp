#include "model/methods/prefix_tuning.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "model/decoder.h"
#include "model/prompt_init.h"

namespace attempt::model {

namespace {

constexpr double kDirectStd = 0.02;  // methods.md section 5.2
constexpr const char* kPeft = "prefix.peft";

}  // namespace

PrefixTuning::PrefixTuning(const MethodInputs& inputs)
    : FrozenBackboneMethod(*inputs.backbone), options_(inputs.options) {
  if (options_.prefix_layout == PrefixLayout::kPeft) options_.prefix_sites = {"decoder"};
  const T5Config& config = inputs.backbone->config;
  const auto initial = [&](const TensorShape& shape) {
    const auto ends = [&](const char* end) { return shape.name.ends_with(end); };
    if (shape.name == "head.bias") return uniform_tensor(inputs, shape.name, shape.dims, 0);
    if (ends(".E")) return normal_tensor(inputs, shape.name, shape.dims, 1.0);
    std::int64_t fan_in = 0;
    if (ends(".W1") || ends(".W2")) fan_in = shape.dims[1];
    if (ends(".b1"))
      fan_in = options_.prefix_layout == PrefixLayout::kPeft ? config.inner_dim() : config.d_model;
    if (ends(".b2")) fan_in = options_.prefix_hidden;
    if (fan_in == 0) return normal_tensor(inputs, shape.name, shape.dims, kDirectStd);
    return uniform_tensor(inputs, shape.name, shape.dims,
                          1 / std::sqrt(static_cast<double>(fan_in)));
  };
  trained_ = add_parameters(trained_shapes(inputs.options, config), initial);
  if (options_.prefix_bias_is_zero) t5().prefix_bias = PrefixBias::kZero;
  if (options_.head == PredictionHead::kLinear) {
    head_ = ClassHead(trained_.at("head.weight"), trained_.at("head.bias"), inputs.label_ids,
                      config.eos_token_id);
  }
}

at::Tensor PrefixTuning::flat(const std::string& name) const {
  if (const auto direct = trained_.find(name); direct != trained_.end()) return direct->second;
  const at::Tensor hidden = at::tanh(
      at::linear(trained_.at(name + ".E"), trained_.at(name + ".W1"), trained_.at(name + ".b1")));
  return at::linear(hidden, trained_.at(name + ".W2"), trained_.at(name + ".b2"));
}

at::Tensor PrefixTuning::table(const std::string& site) const {
  const T5Config& config = t5().config;
  const std::int64_t layers = site == "encoder" ? config.num_layers : config.num_decoder_layers;
  const std::vector<std::int64_t> shape = {options_.prefix_length, layers, 2, config.inner_dim()};
  if (options_.prefix_layout == PrefixLayout::kFull) return flat("prefix." + site).view(shape);
  // PEFT gives layer i slot (4i) mod 2L as keys and the next one as values.
  std::vector<std::int64_t> slots;
  for (std::int64_t i = 0; i < layers; ++i) {
    slots.push_back((4 * i) % (2 * layers));
    slots.push_back((4 * i + 1) % (2 * layers));
  }
  const at::Tensor table =
      flat(kPeft).view({options_.prefix_length, 2 * layers, config.inner_dim()});
  return table.index_select(1, at::tensor(slots, at::kLong).to(table.device())).view(shape);
}

void PrefixTuning::place(const std::string& site, const at::Tensor& table) {
  const T5Config& config = t5().config;
  // [Q, L, 2, H, dk] -> L x 2 x [H, Q, dk]
  const at::Tensor heads =
      table.view({table.size(0), table.size(1), 2, config.num_heads, config.d_kv})
          .permute({1, 2, 3, 0, 4});
  for (std::int64_t i = 0; i < table.size(1); ++i) {
    const auto layer = static_cast<std::size_t>(i);
    AttentionWeights& weights = site == "encoder"   ? t5().encoder[layer].attention
                                : site == "decoder" ? t5().decoder[layer].self_attention
                                                    : t5().decoder[layer].cross_attention;
    weights.prefix_key = heads[i][0];
    weights.prefix_value = heads[i][1];
  }
}

void PrefixTuning::prepare(const Batch&, Dropout& dropout) {
  for (const std::string& site : options_.prefix_sites) {
    place(site, dropout(table(site), options_.prefix_dropout));
  }
}

at::Tensor PrefixTuning::first_state(const Batch& batch, Dropout& dropout) {
  const Encoded encoded = encode_batch(batch, dropout);
  const at::Tensor start = at::full({batch.input_ids.size(0), 1},
                                    t5().config.decoder_start_token_id, batch.input_ids.options());
  return decode(t5(), start, cross_attention(t5(), encoded), dropout).select(1, 0);
}

LossSum PrefixTuning::loss(const Batch& batch, Dropout& dropout) {
  if (!head_.is_there()) return FrozenBackboneMethod::loss(batch, dropout);
  return head_.loss(first_state(batch, dropout), batch.labels);
}

Prediction PrefixTuning::predict(const Batch& batch, std::int64_t max_new_tokens) {
  if (!head_.is_there()) return FrozenBackboneMethod::predict(batch, max_new_tokens);
  const c10::NoGradGuard guard;
  Dropout none;
  const at::Tensor state = first_state(batch, none);
  return {head_.loss(state, batch.labels), head_.predicted_ids(state, t5().config.pad_token_id)};
}

std::vector<NamedTensor> PrefixTuning::saved_tensors() const {
  const c10::NoGradGuard guard;
  std::vector<NamedTensor> saved;
  for (const std::string& site : options_.prefix_sites) {
    saved.push_back({"prefix." + site, table(site).contiguous()});
  }
  if (head_.is_there()) {
    for (const char* name : {"head.weight", "head.bias"})
      saved.push_back({name, trained_.at(name).detach()});
  }
  return saved;
}

}  // namespace attempt::model
