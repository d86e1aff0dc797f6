#include "model/feed_forward.h"

#include <ATen/ATen.h>

namespace attempt::model {

at::Tensor feed_forward(const FeedForwardWeights& weights, const at::Tensor& x, Dropout& dropout) {
  at::Tensor hidden;
  if (weights.wi.defined()) {
    hidden = at::linear(x, weights.wi).relu_();
  } else {
    hidden = at::gelu(at::linear(x, weights.wi_0), "tanh") * at::linear(x, weights.wi_1);
  }
  return at::linear(dropout(hidden), weights.wo);
}

}  // namespace attempt::model
