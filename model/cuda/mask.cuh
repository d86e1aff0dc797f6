#pragma once

#include <cstdint>

#include "model/cuda/draw.h"

namespace attempt::model::cuda {

/// A draw's key as model/dropout_kernel.cpp uses it: the same splitmix64 finaliser and 32-bit hash.
struct Mask {
  std::uint32_t low, high, threshold;

  static __device__ Mask of(const Draw& draw) {
    std::uint64_t value = static_cast<std::uint64_t>(*draw.base + draw.offset);
    value += 0x9E3779B97F4A7C15ULL;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
    value ^= value >> 31;
    return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32),
            draw.threshold};
  }

  /// Whether the element at a position (modulo 2^32) stays.
  __device__ bool keeps(std::uint32_t position) const {
    std::uint32_t x = position + low;
    x ^= x >> 16;
    x *= 0x7FEB352DU;
    x ^= x >> 15;
    x *= 0x846CA68BU;
    x ^= x >> 16;
    x ^= high;
    x *= 0x7FEB352DU;
    x ^= x >> 15;
    x *= 0x846CA68BU;
    x ^= x >> 16;
    return x >= threshold;
  }
};

}  // namespace attempt::model::cuda
