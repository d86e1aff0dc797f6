#include "model/feed_forward.h"

#include <ATen/ATen.h>

namespace attempt::model {

at::Tensor feed_forward(const FeedForwardWeights& weights, const at::Tensor& x, Dropout& dropout) {
  if (weights.wi.defined()) {
    return linear(dropout.relu(linear(x, weights.wi, weights.added_wi)), weights.wo,
                  weights.added_wo);
  }
  const at::Tensor gate = at::gelu(linear(x, weights.wi_0, weights.added_wi_0), "tanh");
  const at::Tensor hidden = gate * linear(x, weights.wi_1, weights.added_wi_1);
  return linear(dropout(hidden), weights.wo, weights.added_wo);
}

}  // namespace attempt::model
