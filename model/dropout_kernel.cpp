#include "model/dropout_kernel.h"

#include <cmath>

// Each kernel is compiled for several instruction sets and chosen when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ATTEMPT_MODEL_KERNEL \
  __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))
#else
#define ATTEMPT_MODEL_KERNEL
#endif

namespace attempt::model {

namespace {

/// splitmix64's finaliser: turns a counter into independent-looking bits.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

/// Two rounds of a 32-bit hash with low bias (constants: C. Wellons, "hash-prospector"), keyed
/// between the rounds so that draws do not repeat one another's sequence.
inline std::uint32_t hash(std::uint32_t position, std::uint32_t first_key,
                          std::uint32_t second_key) {
  std::uint32_t x = position + first_key;
  x ^= x >> 16;
  x *= 0x7FEB352DU;
  x ^= x >> 15;
  x *= 0x846CA68BU;
  x ^= x >> 16;
  x ^= second_key;
  x *= 0x7FEB352DU;
  x ^= x >> 15;
  x *= 0x846CA68BU;
  x ^= x >> 16;
  return x;
}

}  // namespace

DropoutDraw::DropoutDraw(std::int64_t draw_key, double rate)
    : key(mix(static_cast<std::uint64_t>(draw_key))),
      threshold(static_cast<std::uint32_t>(std::lround(rate * 4294967296.0))),
      scale(static_cast<float>(1.0 / (1.0 - rate))) {}

ATTEMPT_MODEL_KERNEL void dropout_range(const DropoutDraw& draw, const float* x, float* out,
                                        std::int64_t first, std::int64_t last) {
  const auto low = static_cast<std::uint32_t>(draw.key);
  const auto high = static_cast<std::uint32_t>(draw.key >> 32);
  const std::uint32_t threshold = draw.threshold;
  const float scale = draw.scale;
  for (std::int64_t i = first; i < last; ++i) {
    const float factor = hash(static_cast<std::uint32_t>(i), low, high) < threshold ? 0.0F : scale;
    out[i] = x[i] * factor;
  }
}

ATTEMPT_MODEL_KERNEL void add_dropout_range(const DropoutDraw& draw, const float* residual,
                                            const float* x, float* out, std::int64_t first,
                                            std::int64_t last) {
  const auto low = static_cast<std::uint32_t>(draw.key);
  const auto high = static_cast<std::uint32_t>(draw.key >> 32);
  const std::uint32_t threshold = draw.threshold;
  const float scale = draw.scale;
  for (std::int64_t i = first; i < last; ++i) {
    const float factor = hash(static_cast<std::uint32_t>(i), low, high) < threshold ? 0.0F : scale;
    out[i] = residual[i] + x[i] * factor;
  }
}

ATTEMPT_MODEL_KERNEL void relu_dropout_range(const DropoutDraw& draw, const float* x, float* out,
                                             std::int64_t first, std::int64_t last) {
  const auto low = static_cast<std::uint32_t>(draw.key);
  const auto high = static_cast<std::uint32_t>(draw.key >> 32);
  const std::uint32_t threshold = draw.threshold;
  const float scale = draw.scale;
  for (std::int64_t i = first; i < last; ++i) {
    const float factor = hash(static_cast<std::uint32_t>(i), low, high) < threshold ? 0.0F : scale;
    out[i] = (x[i] > 0.0F ? x[i] : 0.0F) * factor;
  }
}

ATTEMPT_MODEL_KERNEL void relu_dropout_backward_range(const DropoutDraw& draw, const float* output,
                                                      const float* gradient, float* out,
                                                      std::int64_t first, std::int64_t last) {
  const float scale = draw.scale;
  for (std::int64_t i = first; i < last; ++i)
    out[i] = output[i] > 0.0F ? gradient[i] * scale : 0.0F;
}

}  // namespace attempt::model
