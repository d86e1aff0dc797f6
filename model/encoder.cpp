#include "model/encoder.h"

#include <ATen/ATen.h>

#include "model/attention.h"
#include "model/feed_forward.h"
#include "model/rms_norm.h"

namespace attempt::model {

Encoded encode(const T5& t5, const at::Tensor& embeddings, const at::Tensor& mask, Dropout& dropout,
               const LayerInputChange& change, std::vector<at::Tensor>* block_outputs) {
  const double epsilon = t5.config.layer_norm_epsilon;
  const AttentionBias bias = encoder_bias(t5, mask);

  at::Tensor x = dropout(embeddings);
  at::Tensor branch;  // output of the sublayer before, not yet in x
  const auto finish_block = [&] {
    x = dropout.add(x, branch);
    branch = at::Tensor();
    if (block_outputs != nullptr) block_outputs->push_back(x);
  };
  const auto add_and_norm = [&](const NormWeights& norm) {
    if (!branch.defined()) return rms_norm(x, norm, epsilon);
    const NormedSum both = add_norm(x, branch, dropout, norm, epsilon);
    x = both.sum;
    return both.normed;
  };
  for (std::size_t i = 0; i < t5.encoder.size(); ++i) {
    const EncoderLayerWeights& layer = t5.encoder[i];
    if (i > 0 && (change || block_outputs != nullptr)) finish_block();
    if (i > 0 && change) x = change(static_cast<std::int64_t>(i), x);
    const QueryKeyValue projected =
        project_self(t5, layer.attention, add_and_norm(layer.attention_norm));
    const at::Tensor attended =
        attend(layer.attention, projected.query, with_prefix(layer.attention, projected.key_value),
               bias, dropout);
    branch = adapt(layer.attention_adapter, attended);
    const at::Tensor normed = add_and_norm(layer.feed_forward_norm);
    branch = adapt(layer.feed_forward_adapter, feed_forward(layer.feed_forward, normed, dropout));
  }
  if (block_outputs != nullptr) finish_block();
  return {dropout(add_and_norm(t5.encoder_norm)), mask};
}

}  // namespace attempt::model
