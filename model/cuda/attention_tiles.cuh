#pragma once

// Tiles of 64 rows of a head in shared memory.

#include <cuda_bf16.h>

#include <cstdint>

#include "model/cuda/kernels.h"

// Every kernel has the same shape: a block of four warps owns a tile of 64 rows (queries, or keys
// in the gradient of keys and values), a warp 16 of them, and walks over the tiles of the other
// side. Scores stay in registers and are computed again in the backward pass; the tile of 16 x n
// results of one product is the left operand of the next. Source: Dao 2023 (arXiv:2307.08691).

// Hopper's products of a whole warpgroup, which read tiles from shared memory themselves.
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define ATTEMPT_WARPGROUP_PRODUCTS
#endif

namespace attempt::model::cuda {

using bf16 = __nv_bfloat16;
constexpr int kTile = static_cast<int>(kAttentionTile);
constexpr int kWidth = 64;  // of a head
constexpr int kThreads = 128;
constexpr int kTileBytes = kTile * kWidth * 2;
constexpr float kLog2e = 1.4426950408889634F;

/// Address in shared memory of 8 elements of a tile; rows are rotated against bank conflicts.
__device__ inline std::uint32_t chunk_address(std::uint32_t tile, int row, int chunk) {
  return tile + static_cast<std::uint32_t>(row * kWidth * 2 + ((chunk ^ (row & 7)) << 4));
}

__device__ inline std::uint32_t shared_address(const void* pointer) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

/// Starts copying kBytes to shared memory, or zeros where there is nothing to copy.
template <int kBytes>
__device__ inline void start_copy(std::uint32_t to, const void* from, bool is_there) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;\n" ::"r"(to), "l"(from), "n"(kBytes),
               "r"(is_there ? kBytes : 0));
}

/// This thread's part in copying the tiles of a head one after another: 16 bytes of every
/// sixteenth row.
struct TileCopies {
  const bf16* from;  ///< of the next tile
  std::int64_t row_stride;

  static constexpr int kRows = kThreads / 8;

  /// @param first  row of the head that the first tile begins with
  static __device__ TileCopies of(const bf16* head, std::int64_t row_stride, int first) {
    const int row = first + threadIdx.x / 8;
    return {head + row * row_stride + threadIdx.x % 8 * 8, row_stride};
  }
  /// @param rows  that are left of the head; zeros stand for what is missing
  __device__ void start_next(std::uint32_t tile, int rows) {
    const int row = threadIdx.x / 8;
    const std::uint32_t to = chunk_address(tile, row, threadIdx.x % 8);
#pragma unroll
    for (int i = 0; i < kTile / kRows; ++i) {
      asm volatile(
          "cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(to + i * kRows * kWidth * 2),
          "l"(from), "r"(row + i * kRows < rows ? 16 : 0));
      from += kRows * row_stride;
    }
  }
};
__device__ inline void start_tile(std::uint32_t tile, const bf16* head, std::int64_t row_stride,
                                  int first, int rows) {
  TileCopies::of(head, row_stride, first).start_next(tile, rows - first);
}
__device__ inline void commit() { asm volatile("cp.async.commit_group;\n"); }
__device__ inline void wait_for_own_copies() { asm volatile("cp.async.wait_group 0;\n"); }
/// Waits until every thread's copies are there for all, and all are done with what they read.
__device__ inline void wait_for_tiles() {
  wait_for_own_copies();
#ifdef ATTEMPT_WARPGROUP_PRODUCTS
  asm volatile("fence.proxy.async.shared::cta;\n" ::: "memory");
#endif
  __syncthreads();
}

__device__ inline std::uint32_t packed(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const std::uint32_t*>(&pair);
}
/// Step k of 16 columns of left[16, 8 n] as a left operand.
template <int n>
__device__ inline void pack_step(std::uint32_t (&a)[4], const float (&left)[n][4], int step) {
  a[0] = packed(left[2 * step][0], left[2 * step][1]);
  a[1] = packed(left[2 * step][2], left[2 * step][3]);
  a[2] = packed(left[2 * step + 1][0], left[2 * step + 1][1]);
  a[3] = packed(left[2 * step + 1][2], left[2 * step + 1][3]);
}

/// Writes this warp's rows first + 16 warp ... of a head as bfloat16.
__device__ inline void store_rows(const float (&values)[8][4], bf16* head, std::int64_t row_stride,
                                  int first, int rows) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = first + warp * 16 + lane / 4 + 8 * half;
    if (row >= rows) continue;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      *reinterpret_cast<std::uint32_t*>(head + row * row_stride + 8 * j + 2 * (lane % 4)) =
          packed(values[j][2 * half], values[j][2 * half + 1]);
    }
  }
}

}  // namespace attempt::model::cuda
