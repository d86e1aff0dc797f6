#pragma once

#include <cstdint>

namespace attempt::model {

/// One draw of dropout masks over positions 0..n-1: which elements stay, and their scale.
struct DropoutDraw {
  std::uint64_t key = 0;
  std::uint32_t threshold = 0;  ///< of 16 bits: an element is dropped when its hash is below
  float scale = 1;

  DropoutDraw(std::int64_t draw_key, double rate);
};

// Elements first..last-1 of contiguous float32 arrays; `residual` and `x` may be the output.

/// out = drop(x)
void dropout_range(const DropoutDraw& draw, const float* x, float* out, std::int64_t first,
                   std::int64_t last);
/// out = residual + drop(x)
void add_dropout_range(const DropoutDraw& draw, const float* residual, const float* x, float* out,
                       std::int64_t first, std::int64_t last);
/// out = drop(max(x, 0))
void relu_dropout_range(const DropoutDraw& draw, const float* x, float* out, std::int64_t first,
                        std::int64_t last);
/// Gradient of relu_dropout: scale * gradient where the output is positive, else 0.
void relu_dropout_backward_range(const DropoutDraw& draw, const float* output,
                                 const float* gradient, float* out, std::int64_t first,
                                 std::int64_t last);

}  // namespace attempt::model
