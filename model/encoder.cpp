#include "model/encoder.h"

#include <ATen/ATen.h>

#include "model/attention.h"
#include "model/feed_forward.h"
#include "model/rms_norm.h"

namespace attempt::model {

Encoded encode(const T5& t5, const at::Tensor& embeddings, const at::Tensor& mask, Dropout& dropout,
               const LayerInputChange& change, std::vector<at::Tensor>* block_outputs) {
  const double epsilon = t5.config.layer_norm_epsilon;
  const std::int64_t length = embeddings.size(1);
  const std::int64_t prefix = prefix_length(t5.encoder.front().attention);
  const at::Tensor bias =
      self_bias(t5, t5.encoder_bias, Direction::kBidirectional, prefix, 0, length, length) +
      additive_mask(mask, t5.type, prefix);

  at::Tensor x = dropout(embeddings);
  for (std::size_t i = 0; i < t5.encoder.size(); ++i) {
    const EncoderLayerWeights& layer = t5.encoder[i];
    if (i > 0 && change) x = change(static_cast<std::int64_t>(i), x);
    const at::Tensor normed = rms_norm(x, layer.attention_norm, epsilon);
    const QueryKeyValue projected = project_self(t5, layer.attention, normed);
    const at::Tensor attended =
        attend(layer.attention, projected.query, with_prefix(layer.attention, projected.key_value),
               bias, dropout);
    x = dropout.add(x, adapt(layer.attention_adapter, attended));
    const at::Tensor normed_again = rms_norm(x, layer.feed_forward_norm, epsilon);
    x = dropout.add(x, adapt(layer.feed_forward_adapter,
                             feed_forward(layer.feed_forward, normed_again, dropout)));
    if (block_outputs != nullptr) block_outputs->push_back(x);
  }
  return {dropout(rms_norm(x, t5.encoder_norm, epsilon)), mask};
}

}  // namespace attempt::model
