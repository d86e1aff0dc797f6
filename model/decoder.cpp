#include "model/decoder.h"

#include <ATen/ATen.h>

#include <cmath>

#include "model/feed_forward.h"
#include "model/rms_norm.h"

namespace attempt::model {

namespace {

/// The residual stream between two sublayers: what the last one gave is not yet added.
struct Stream {
  at::Tensor x, branch;
};

at::Tensor add_and_norm(Stream& stream, Dropout& dropout, const NormWeights& norm, double epsilon) {
  if (!stream.branch.defined()) return rms_norm(stream.x, norm, epsilon);
  const NormedSum both = add_norm(stream.x, stream.branch, dropout, norm, epsilon);
  stream = {both.sum, {}};
  return both.normed;
}

/// The cross-attention and feed-forward sublayers, which every kind of decoding shares.
void finish_layer(const T5& t5, const DecoderLayerWeights& layer, Stream& stream,
                  const CrossAttention& cross, std::size_t index, Dropout& dropout) {
  const double epsilon = t5.config.layer_norm_epsilon;
  const at::Tensor query = project_query(t5, layer.cross_attention,
                                         add_and_norm(stream, dropout, layer.cross_norm, epsilon));
  stream.branch =
      cross.rows != nullptr
          ? attend(t5, layer.cross_attention, query, *cross.rows, cross.mask, dropout)
          : attend(layer.cross_attention, query, cross.layers[index], cross.bias, dropout);
  const at::Tensor normed = add_and_norm(stream, dropout, layer.feed_forward_norm, epsilon);
  stream.branch =
      adapt(layer.feed_forward_adapter, feed_forward(layer.feed_forward, normed, dropout));
}

}  // namespace

CrossAttention cross_attention(const T5& t5, const Encoded& encoded) {
  CrossAttention cross;
  cross.bias = cross_bias(t5, encoded.mask);
  for (const DecoderLayerWeights& layer : t5.decoder) {
    cross.layers.push_back(with_prefix(layer.cross_attention,
                                       project_cross(t5, layer.cross_attention, encoded.hidden)));
  }
  return cross;
}

CrossAttention cross_attention_for(const T5& t5, const Encoded& encoded, std::int64_t queries) {
  if (!suits_encoded_rows(t5, queries)) return cross_attention(t5, encoded);
  CrossAttention cross;
  cross.rows = std::make_shared<EncodedRows>(encoded.hidden);
  cross.mask = encoded.mask;
  return cross;
}

CrossAttention select_rows(const T5& t5, const CrossAttention& cross, const at::Tensor& rows) {
  CrossAttention selected;
  selected.bias = select_rows(cross.bias, rows);
  for (const KeyValue& layer : cross.layers)
    selected.layers.push_back(select_rows(t5, layer, rows));
  return selected;
}

at::Tensor decode(const T5& t5, const at::Tensor& input_ids, const CrossAttention& cross,
                  Dropout& dropout, std::vector<at::Tensor>* block_outputs,
                  std::vector<KeyValue>* past) {
  const double epsilon = t5.config.layer_norm_epsilon;
  const AttentionBias bias = decoder_bias(t5, 0, input_ids.size(1));
  Stream stream = {dropout(embed(t5, input_ids)), {}};
  for (std::size_t i = 0; i < t5.decoder.size(); ++i) {
    const DecoderLayerWeights& layer = t5.decoder[i];
    const QueryKeyValue projected = project_self(
        t5, layer.self_attention, add_and_norm(stream, dropout, layer.self_norm, epsilon));
    const KeyValue key_value = with_prefix(layer.self_attention, projected.key_value);
    if (past != nullptr) past->push_back(key_value);
    const at::Tensor attended =
        attend(layer.self_attention, projected.query, key_value, bias, dropout);
    stream.branch = adapt(layer.self_adapter, attended);
    finish_layer(t5, layer, stream, cross, i, dropout);
    if (block_outputs != nullptr) {
      stream = {dropout.add(stream.x, stream.branch), {}};
      block_outputs->push_back(stream.x);
    }
  }
  return dropout(add_and_norm(stream, dropout, t5.decoder_norm, epsilon));
}

at::Tensor decode_step(const T5& t5, const at::Tensor& input_ids, const CrossAttention& cross,
                       std::vector<KeyValue>& past) {
  Dropout none;
  const double epsilon = t5.config.layer_norm_epsilon;
  const std::int64_t prefix = prefix_length(t5.decoder.front().self_attention);
  const std::int64_t position = past.empty() ? 0 : past.front().key.size(2) - prefix;
  const AttentionBias bias = decoder_bias(t5, position, 1);
  Stream stream = {embed(t5, input_ids), {}};
  for (std::size_t i = 0; i < t5.decoder.size(); ++i) {
    const DecoderLayerWeights& layer = t5.decoder[i];
    const QueryKeyValue projected = project_self(
        t5, layer.self_attention, add_and_norm(stream, none, layer.self_norm, epsilon));
    if (position == 0) {
      past.push_back(with_prefix(layer.self_attention, projected.key_value));
    } else {
      const KeyValue& rows = past[i];
      past[i] = {at::cat({rows.key, projected.key_value.key}, 2),
                 at::cat({rows.value, projected.key_value.value}, 2)};
    }
    stream.branch = adapt(layer.self_adapter,
                          attend(layer.self_attention, projected.query, past[i], bias, none));
    finish_layer(t5, layer, stream, cross, i, none);
  }
  return add_and_norm(stream, none, t5.decoder_norm, epsilon);
}

at::Tensor output_logits(const T5& t5, const at::Tensor& hidden) {
  const double scale =
      t5.config.tie_word_embeddings ? 1.0 / std::sqrt(static_cast<double>(t5.config.d_model)) : 1.0;
  const at::Tensor scaled = t5.config.tie_word_embeddings ? hidden * scale : hidden;
  const at::Tensor logits = at::linear(scaled, t5.lm_head).to(at::kFloat);
  return t5.lm_head_bias.defined() ? logits + t5.lm_head_bias : logits;
}

}  // namespace attempt::model
