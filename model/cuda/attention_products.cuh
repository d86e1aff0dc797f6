#pragma once

// Products of tiles on the tensor cores of every GPU from Ampere on: a warp multiplies its 16 rows,
// and loads what it multiplies them by. attention_products_hopper.cuh has the same functions.

#include "model/cuda/attention_tiles.cuh"

#ifndef ATTEMPT_WARPGROUP_PRODUCTS

namespace attempt::model::cuda {

/// Blocks of the forward kernel that a multiprocessor has registers for.
constexpr int kForwardBlocks = 4;

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

/// The block's own 64 rows as left operands: of a warp its 16, one a step of 16 columns.
struct Rows {
  std::uint32_t step[4][4];
};
__device__ inline Rows rows_of(std::uint32_t tile) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int row = warp * 16 + ((lane >> 3) & 1) * 8 + (lane & 7);
  Rows rows;
#pragma unroll
  for (int step = 0; step < 4; ++step)
    load_matrices(rows.step[step], chunk_address(tile, row, 2 * step + (lane >> 4)));
  return rows;
}

/// result[16, 8 n] = rows . tile[first .. first + 8 n - 1]^T, to be used after finish_products().
/// In a thread, result[j][0..1] are of row lane / 4, columns 8 j + 2 (lane % 4) + {0, 1};
/// result[j][2..3] of the row 8 below.
template <int n>
__device__ inline void start_products(float (&result)[n][4], const Rows& rows, std::uint32_t tile,
                                      int first) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int j = 0; j < n; ++j) {
#pragma unroll
    for (int i = 0; i < 4; ++i) result[j][i] = 0;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      std::uint32_t b[4];
      load_matrices(b, chunk_address(tile, first + 8 * j + (lane & 7), 4 * half + (lane >> 3)));
      multiply(result[j], rows.step[2 * half], b[0], b[1]);
      multiply(result[j], rows.step[2 * half + 1], b[2], b[3]);
    }
  }
}

/// sum[16, 64] += left[16, 8 n] . tile[first .. first + 8 n - 1], to be used after
/// finish_products().
template <int n>
__device__ inline void start_adding(float (&sum)[8][4], const float (&left)[n][4],
                                    std::uint32_t tile, int first) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int step = 0; step < n / 2; ++step) {
    std::uint32_t a[4];
    pack_step(a, left, step);
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

/// Waits for the products that were started into these.
template <typename... T>
__device__ inline void finish_products(T&...) {}

}  // namespace attempt::model::cuda

#endif
