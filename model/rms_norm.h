#pragma once

#include <ATen/core/Tensor.h>

namespace attempt::model {

/// T5's layer norm: weight * x * rsqrt(mean(x^2) + epsilon), statistics in float32; methods.md 1.2.
/// @param x       [..., D] float32 or bfloat16
/// @param weight  [D]
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon);

}  // namespace attempt::model
