#pragma once

// Tiles of 64 rows of a head in shared memory, and their products on the tensor cores.

#include <cuda_bf16.h>

#include <cstdint>

#include "model/cuda/kernels.h"

// Every kernel has the same shape: a block of four warps owns a tile of 64 rows (queries, or keys
// in the gradient of keys and values), a warp 16 of them, and walks over the tiles of the other
// side. Scores stay in registers and are computed again in the backward pass; the tile of 16 x n
// results of one product is the left operand of the next. Source: Dao 2023 (arXiv:2307.08691).

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

/// Starts copying rows first .. first + 63 of a head; rows from `rows` on become zeros.
__device__ inline void start_tile(std::uint32_t tile, const bf16* head, std::int64_t row_stride, int first,
                           int rows) {
  for (int i = threadIdx.x; i < kTile * 8; i += kThreads) {
    const int row = i / 8, chunk = i % 8;
    const bool is_there = first + row < rows;
    const bf16* from = head + (is_there ? (first + row) * row_stride : 0) + chunk * 8;
    asm volatile(
        "cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(chunk_address(tile, row, chunk)),
        "l"(from), "r"(is_there ? 16 : 0));
  }
}
__device__ inline void commit() { asm volatile("cp.async.commit_group;\n"); }
template <int kPending>
__device__ inline void wait() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(kPending));
}

__device__ inline void load_matrices(std::uint32_t (&r)[4], std::uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address));
}
__device__ inline void load_transposed(std::uint32_t (&r)[4], std::uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address));
}
__device__ inline void multiply(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                         std::uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// The 16 rows of this warp as left operands, one a step of 16 columns.
__device__ inline void load_rows(std::uint32_t (&rows)[4][4], std::uint32_t tile) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int row = warp * 16 + ((lane >> 3) & 1) * 8 + (lane & 7);
#pragma unroll
  for (int step = 0; step < 4; ++step)
    load_matrices(rows[step], chunk_address(tile, row, 2 * step + (lane >> 4)));
}

/// result[16, 8 n] = rows . tile[first .. first + 8 n - 1]^T. In a thread, result[j][0..1] are of
/// row lane / 4, columns 8 j + 2 (lane % 4) + {0, 1}; result[j][2..3] of the row 8 below.
template <int n>
__device__ inline void products(float (&result)[n][4], const std::uint32_t (&rows)[4][4],
                         std::uint32_t tile, int first) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int j = 0; j < n; ++j) {
#pragma unroll
    for (int i = 0; i < 4; ++i) result[j][i] = 0;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      std::uint32_t b[4];
      load_matrices(b, chunk_address(tile, first + 8 * j + (lane & 7), 4 * half + (lane >> 3)));
      multiply(result[j], rows[2 * half], b[0], b[1]);
      multiply(result[j], rows[2 * half + 1], b[2], b[3]);
    }
  }
}

__device__ inline std::uint32_t packed(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const std::uint32_t*>(&pair);
}

/// sum[16, 64] += left[16, 8 n] . tile[first .. first + 8 n - 1]
template <int n>
__device__ inline void add_products(float (&sum)[8][4], const float (&left)[n][4], std::uint32_t tile,
                             int first) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int step = 0; step < n / 2; ++step) {
    const std::uint32_t a[4] = {packed(left[2 * step][0], left[2 * step][1]),
                                packed(left[2 * step][2], left[2 * step][3]),
                                packed(left[2 * step + 1][0], left[2 * step + 1][1]),
                                packed(left[2 * step + 1][2], left[2 * step + 1][3])};
    const int row = first + 16 * step + ((lane >> 3) & 1) * 8 + (lane & 7);
#pragma unroll
    for (int pair = 0; pair < 4; ++pair) {
      std::uint32_t b[4];
      load_transposed(b, chunk_address(tile, row, 2 * pair + (lane >> 4)));
      multiply(sum[2 * pair], a, b[0], b[1]);
      multiply(sum[2 * pair + 1], a, b[2], b[3]);
    }
  }
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
