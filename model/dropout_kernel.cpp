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
/// between the rounds so that draws do not repeat one another's sequence. Its halves decide over
/// two neighbouring elements.
inline std::uint32_t hash(std::uint32_t pair, std::uint32_t first_key, std::uint32_t second_key) {
  std::uint32_t x = pair + first_key;
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

/// What a dropped and a kept element are multiplied by, for elements that one loop goes through.
struct Factors {
  std::uint32_t low, high, threshold;
  float scale;

  explicit Factors(const DropoutDraw& draw)
      : low(static_cast<std::uint32_t>(draw.key)),
        high(static_cast<std::uint32_t>(draw.key >> 32)),
        threshold(draw.threshold),
        scale(draw.scale) {}

  inline __attribute__((always_inline)) float of(std::int64_t i) const {
    const auto position = static_cast<std::uint32_t>(i);
    const std::uint32_t half = hash(position >> 1, low, high) >> (16 * (position & 1)) & 0xFFFFU;
    return half < threshold ? 0.0F : scale;
  }
};

}  // namespace

DropoutDraw::DropoutDraw(std::int64_t draw_key, double rate)
    : key(mix(static_cast<std::uint64_t>(draw_key))),
      threshold(static_cast<std::uint32_t>(std::lround(rate * 65536.0))),
      scale(static_cast<float>(1.0 / (1.0 - rate))) {}

ATTEMPT_MODEL_KERNEL void dropout_range(const DropoutDraw& draw, const float* x, float* out,
                                        std::int64_t first, std::int64_t last) {
  const Factors factors(draw);
  for (std::int64_t i = first; i < last; ++i) out[i] = x[i] * factors.of(i);
}

ATTEMPT_MODEL_KERNEL void add_dropout_range(const DropoutDraw& draw, const float* residual,
                                            const float* x, float* out, std::int64_t first,
                                            std::int64_t last) {
  const Factors factors(draw);
  for (std::int64_t i = first; i < last; ++i) out[i] = residual[i] + x[i] * factors.of(i);
}

ATTEMPT_MODEL_KERNEL void relu_dropout_range(const DropoutDraw& draw, const float* x, float* out,
                                             std::int64_t first, std::int64_t last) {
  const Factors factors(draw);
  for (std::int64_t i = first; i < last; ++i) out[i] = (x[i] > 0.0F ? x[i] : 0.0F) * factors.of(i);
}

ATTEMPT_MODEL_KERNEL void relu_dropout_backward_range(const DropoutDraw& draw, const float* output,
                                                      const float* gradient, float* out,
                                                      std::int64_t first, std::int64_t last) {
  const float scale = draw.scale;
  for (std::int64_t i = first; i < last; ++i)
    out[i] = output[i] > 0.0F ? gradient[i] * scale : 0.0F;
}

}  // namespace attempt::model
