#include "model/decoder.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "model/feed_forward.h"
#include "model/rms_norm.h"

namespace attempt::model {

namespace {

/// Relative bias and causal mask of T positions over the prefix and themselves,
/// [1, H, T, prefix + T].
at::Tensor causal_bias(const T5& t5, std::int64_t prefix, std::int64_t length) {
  const at::Tensor future = at::full({length, length}, -std::numeric_limits<double>::infinity(),
                                     at::TensorOptions().dtype(t5.type).device(t5.device))
                                .triu_(1);
  return self_bias(t5, t5.decoder_bias, Direction::kCausal, prefix, 0, length, length) +
         at::constant_pad_nd(future, {prefix, 0}, 0);
}

std::int64_t self_prefix(const T5& t5) { return prefix_length(t5.decoder.front().self_attention); }

/// The cross-attention and feed-forward sublayers, which every kind of decoding shares.
at::Tensor finish_layer(const T5& t5, const DecoderLayerWeights& layer, at::Tensor x,
                        const KeyValue& cross, const at::Tensor& cross_mask, Dropout& dropout) {
  const double epsilon = t5.config.layer_norm_epsilon;
  const at::Tensor query =
      project_query(t5, layer.cross_attention, rms_norm(x, layer.cross_norm, epsilon));
  x = dropout.add(x, attend(layer.cross_attention, query, cross, cross_mask, dropout));
  const at::Tensor normed = rms_norm(x, layer.feed_forward_norm, epsilon);
  return dropout.add(
      x, adapt(layer.feed_forward_adapter, feed_forward(layer.feed_forward, normed, dropout)));
}

}  // namespace

CrossAttention cross_attention(const T5& t5, const Encoded& encoded) {
  CrossAttention cross;
  cross.mask =
      additive_mask(encoded.mask, t5.type, prefix_length(t5.decoder.front().cross_attention));
  for (const DecoderLayerWeights& layer : t5.decoder) {
    cross.layers.push_back(with_prefix(layer.cross_attention,
                                       project_cross(t5, layer.cross_attention, encoded.hidden)));
  }
  return cross;
}

at::Tensor decode(const T5& t5, const at::Tensor& input_ids, const CrossAttention& cross,
                  Dropout& dropout, std::vector<at::Tensor>* block_outputs) {
  const double epsilon = t5.config.layer_norm_epsilon;
  const at::Tensor bias = causal_bias(t5, self_prefix(t5), input_ids.size(1));
  at::Tensor x = dropout(embed(t5, input_ids));
  for (std::size_t i = 0; i < t5.decoder.size(); ++i) {
    const DecoderLayerWeights& layer = t5.decoder[i];
    const QueryKeyValue projected =
        project_self(t5, layer.self_attention, rms_norm(x, layer.self_norm, epsilon));
    const at::Tensor attended =
        attend(layer.self_attention, projected.query,
               with_prefix(layer.self_attention, projected.key_value), bias, dropout);
    x = dropout.add(x, adapt(layer.self_adapter, attended));
    x = finish_layer(t5, layer, x, cross.layers[i], cross.mask, dropout);
    if (block_outputs != nullptr) block_outputs->push_back(x);
  }
  return dropout(rms_norm(x, t5.decoder_norm, epsilon));
}

at::Tensor decode_step(const T5& t5, const at::Tensor& input_ids, const CrossAttention& cross,
                       std::vector<KeyValue>& past) {
  Dropout none;
  const double epsilon = t5.config.layer_norm_epsilon;
  const std::int64_t prefix = self_prefix(t5);
  const std::int64_t position = past.empty() ? 0 : past.front().key.size(2) - prefix;
  const at::Tensor bias =
      self_bias(t5, t5.decoder_bias, Direction::kCausal, prefix, position, 1, position + 1);
  at::Tensor x = embed(t5, input_ids);
  for (std::size_t i = 0; i < t5.decoder.size(); ++i) {
    const DecoderLayerWeights& layer = t5.decoder[i];
    const QueryKeyValue projected =
        project_self(t5, layer.self_attention, rms_norm(x, layer.self_norm, epsilon));
    if (position == 0) {
      past.push_back(with_prefix(layer.self_attention, projected.key_value));
    } else {
      KeyValue& rows = past[i];
      rows.key = at::cat({rows.key, projected.key_value.key}, 2);
      rows.value = at::cat({rows.value, projected.key_value.value}, 2);
    }
    x = x + adapt(layer.self_adapter,
                  attend(layer.self_attention, projected.query, past[i], bias, none));
    x = finish_layer(t5, layer, x, cross.layers[i], cross.mask, none);
  }
  return rms_norm(x, t5.decoder_norm, epsilon);
}

at::Tensor output_logits(const T5& t5, const at::Tensor& hidden) {
  const double scale =
      t5.config.tie_word_embeddings ? 1.0 / std::sqrt(static_cast<double>(t5.config.d_model)) : 1.0;
  const at::Tensor scaled = t5.config.tie_word_embeddings ? hidden * scale : hidden;
  const at::Tensor logits = at::linear(scaled, t5.lm_head).to(at::kFloat);
  return t5.lm_head_bias.defined() ? logits + t5.lm_head_bias : logits;
}

}  // namespace attempt::model
