#pragma once

#include <ATen/core/Tensor.h>

#include "model/dropout.h"

namespace attempt::model {

struct NormWeights {
  at::Tensor weight;  ///< [D]
  at::Tensor bias;    ///< [D], or undefined; added by BitFit
};

/// T5's layer norm: weight * x * rsqrt(mean(x^2) + epsilon), statistics in float32; methods.md 1.2.
/// @param x  [..., D] float32 or bfloat16
at::Tensor rms_norm(const at::Tensor& x, const NormWeights& norm, double epsilon);

struct NormedSum {
  at::Tensor sum;     ///< residual + drop(branch)
  at::Tensor normed;  ///< its norm
};

/// Adds a sublayer's output to the residual stream and norms the sum, in one pass where possible.
NormedSum add_norm(const at::Tensor& residual, const at::Tensor& branch, Dropout& dropout,
                   const NormWeights& norm, double epsilon);

}  // namespace attempt::model
