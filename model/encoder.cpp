#include "model/encoder.h"

#include <ATen/ATen.h>

#include "model/attention.h"
#include "model/feed_forward.h"
#include "model/position_bias.h"
#include "model/rms_norm.h"

namespace attempt::model {

Encoded encode(const T5& t5, const at::Tensor& embeddings, const at::Tensor& mask, Dropout& dropout,
               std::vector<at::Tensor>* block_outputs) {
  const double epsilon = t5.config.layer_norm_epsilon;
  const std::int64_t length = embeddings.size(1);
  const at::Tensor bias =
      position_bias(t5.encoder_bias, t5.config, Direction::kBidirectional, 0, length, length) +
      additive_mask(mask, t5.type);

  at::Tensor x = dropout(embeddings);
  for (const EncoderLayerWeights& layer : t5.encoder) {
    const at::Tensor normed = rms_norm(x, layer.attention_norm, epsilon);
    const QueryKeyValue projected = project_self(t5, layer.attention, normed);
    x = dropout.add(x,
                    attend(layer.attention, projected.query, projected.key_value, bias, dropout));
    const at::Tensor normed_again = rms_norm(x, layer.feed_forward_norm, epsilon);
    x = dropout.add(x, feed_forward(layer.feed_forward, normed_again, dropout));
    if (block_outputs != nullptr) block_outputs->push_back(x);
  }
  return {dropout(rms_norm(x, t5.encoder_norm, epsilon)), mask};
}

}  // namespace attempt::model
