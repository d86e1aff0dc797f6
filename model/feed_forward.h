#pragma once

#include <ATen/core/Tensor.h>

#include "model/dropout.h"
#include "model/t5.h"

namespace attempt::model {

/// wo . drop(relu(wi x)) for v1.0, wo . drop(gelu_tanh(wi_0 x) * (wi_1 x)) for v1.1.
/// @param x [B, S, D], already normalised. @return [B, S, D]
at::Tensor feed_forward(const FeedForwardWeights& weights, const at::Tensor& x, Dropout& dropout);

}  // namespace attempt::model
