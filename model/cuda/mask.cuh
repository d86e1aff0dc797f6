#pragma once

#include <cstdint>

#include "model/cuda/draw.h"

namespace attempt::model::cuda {

/// A draw's key as model/dropout_kernel.cpp uses it: the same splitmix64 finaliser and 32-bit hash,
/// whose halves decide over two neighbours.
struct Mask {
  std::uint32_t low, high, threshold;

  static __device__ Mask of(const Draw& draw) { return of(draw, *draw.base); }
  /// @param base  in front of the pass's first draw
  static __device__ Mask of(const Draw& draw, std::int64_t base) {
    std::uint64_t value = static_cast<std::uint64_t>(base + draw.offset);
    value += 0x9E3779B97F4A7C15ULL;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
    value ^= value >> 31;
    return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32),
            draw.threshold};
  }

  /// Whether the elements at 2 pair and 2 pair + 1 (modulo 2^32) stay.
  __device__ void keeps_pair(std::uint32_t pair, bool& even, bool& odd) const {
    std::uint32_t x = pair + low;
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
    even = (x & 0xFFFFU) >= threshold;
    odd = (x >> 16) >= threshold;
  }
  /// Bit j: whether the element at first + j stays, of eight. @param first  even
  __device__ unsigned keeps_eight(std::uint32_t first) const {
    unsigned bits = 0;
#pragma unroll
    for (unsigned j = 0; j < 8; j += 2) {
      bool even, odd;
      keeps_pair((first + j) >> 1, even, odd);
      bits |= (even ? 1U : 0U) << j | (odd ? 2U : 0U) << j;
    }
    return bits;
  }
  /// Whether the element at a position stays.
  __device__ bool keeps(std::uint32_t position) const {
    bool even, odd;
    keeps_pair(position >> 1, even, odd);
    return (position & 1U) != 0 ? odd : even;
  }
};

/// The mask of one line of a tensor whose rows have streams of their own.
struct LineMask {
  Mask mask;
  std::uint32_t start;    ///< position of its first column
  std::uint32_t columns;  ///< positions to the next line of its row

  static __device__ LineMask of(const Draw& draw, std::int64_t row, int group, int line) {
    const DrawRows& rows = draw.rows;
    const std::int64_t* own = rows.table + row * 4;
    const std::int64_t lines = rows.lines_column < 0 ? rows.lines : own[rows.lines_column];
    const std::int64_t columns = rows.columns_column < 0 ? rows.columns : own[rows.columns_column];
    const std::int64_t start = ((own[1] * rows.groups + group) * lines + line) * columns;
    return {Mask::of(draw, own[0]), static_cast<std::uint32_t>(start),
            static_cast<std::uint32_t>(columns)};
  }
  /// @param number  of the line among those of the whole tensor, less than 2^31
  static __device__ LineMask of(const Draw& draw, std::int64_t number) {
    const int line = static_cast<int>(number);
    const int in_row = draw.rows.groups * draw.rows.lines, row = line / in_row;
    const int rest = line - row * in_row;
    return of(draw, row, rest / draw.rows.lines, rest % draw.rows.lines);
  }
};

}  // namespace attempt::model::cuda
