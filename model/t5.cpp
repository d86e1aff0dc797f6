#include "model/t5.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace attempt::model {

namespace {

class WeightLookup {
 public:
  WeightLookup(const TensorMap& tensors, bool is_packed)
      : tensors_(tensors), is_packed_(is_packed) {}

  const at::Tensor& operator()(const std::string& name) const {
    return tensors_.at(name + ".weight");
  }

  AttentionWeights attention(const std::string& name, bool is_cross) const {
    AttentionWeights weights;
    weights.q = (*this)(name + ".q");
    weights.k = (*this)(name + ".k");
    weights.v = (*this)(name + ".v");
    weights.o = (*this)(name + ".o");
    if (is_packed_) {
      weights.packed =
          is_cross ? at::cat({weights.k, weights.v}) : at::cat({weights.q, weights.k, weights.v});
    }
    return weights;
  }

  FeedForwardWeights feed_forward(const std::string& layer, bool is_gated) const {
    const std::string name = layer + ".DenseReluDense";
    FeedForwardWeights weights;
    if (is_gated) {
      weights.wi_0 = (*this)(name + ".wi_0");
      weights.wi_1 = (*this)(name + ".wi_1");
    } else {
      weights.wi = (*this)(name + ".wi");
    }
    weights.wo = (*this)(name + ".wo");
    return weights;
  }

 private:
  const TensorMap& tensors_;
  bool is_packed_;
};

constexpr const char* kBiasTable = ".block.0.layer.0.SelfAttention.relative_attention_bias";

}  // namespace

T5 make_t5(const T5Config& config, TensorMap tensors, Packing packing) {
  T5 t5;
  t5.config = config;
  t5.tensors = std::move(tensors);
  const WeightLookup weight(t5.tensors, packing == Packing::kPacked);
  t5.shared = weight("shared");
  t5.device = t5.shared.device();
  t5.type = t5.shared.scalar_type();
  t5.lm_head = config.tie_word_embeddings ? t5.shared : weight("lm_head");
  t5.encoder_bias = weight(std::string("encoder") + kBiasTable);
  t5.decoder_bias = weight(std::string("decoder") + kBiasTable);
  for (std::int64_t i = 0; i < config.num_layers; ++i) {
    const std::string layer = fmt::format("encoder.block.{}.layer.", i);
    EncoderLayerWeights& weights = t5.encoder.emplace_back();
    weights.attention_norm.weight = weight(layer + "0.layer_norm");
    weights.attention = weight.attention(layer + "0.SelfAttention", /*is_cross=*/false);
    weights.feed_forward_norm.weight = weight(layer + "1.layer_norm");
    weights.feed_forward = weight.feed_forward(layer + "1", config.is_gated);
  }
  for (std::int64_t i = 0; i < config.num_decoder_layers; ++i) {
    const std::string layer = fmt::format("decoder.block.{}.layer.", i);
    DecoderLayerWeights& weights = t5.decoder.emplace_back();
    weights.self_norm.weight = weight(layer + "0.layer_norm");
    weights.self_attention = weight.attention(layer + "0.SelfAttention", /*is_cross=*/false);
    weights.cross_norm.weight = weight(layer + "1.layer_norm");
    weights.cross_attention = weight.attention(layer + "1.EncDecAttention", /*is_cross=*/true);
    weights.feed_forward_norm.weight = weight(layer + "2.layer_norm");
    weights.feed_forward = weight.feed_forward(layer + "2", config.is_gated);
  }
  t5.encoder_norm.weight = weight("encoder.final_layer_norm");
  t5.decoder_norm.weight = weight("decoder.final_layer_norm");
  return t5;
}

std::unique_ptr<T5> load_t5(const BackboneOptions& options) {
  const T5Config config = read_t5_config(options.folder);
  const at::ScalarType type = options.precision == Precision::kBf16 ? at::kBFloat16 : at::kFloat;
  TensorMap tensors = read_weights(options.folder, config, type);
  const at::Device device(options.device);
  for (auto& [name, tensor] : tensors) tensor = tensor.to(device);
  return std::make_unique<T5>(make_t5(config, std::move(tensors), Packing::kPacked));
}

at::Tensor embed(const T5& t5, const at::Tensor& ids) { return at::embedding(t5.shared, ids); }

}  // namespace attempt::model
