#include "model/feed_forward.h"

#include <ATen/ATen.h>

namespace attempt::model {

at::Tensor feed_forward(const FeedForwardWeights& weights, const at::Tensor& x, Dropout& dropout) {
  if (weights.wi.defined()) {
    return at::linear(dropout.relu(at::linear(x, weights.wi)), weights.wo);
  }
  const at::Tensor gate = at::gelu(at::linear(x, weights.wi_0), "tanh");
  return at::linear(dropout(gate * at::linear(x, weights.wi_1)), weights.wo);
}

}  // namespace attempt::model
