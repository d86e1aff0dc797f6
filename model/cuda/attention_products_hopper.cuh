#pragma once

// Products of tiles by a warpgroup, which is a block of these kernels. The tensor cores read tiles
// from shared memory, so that no warp loads what the three others load as well.
// Source: PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions"; the layout of a tile is its
// 128-byte swizzle.

#include "model/cuda/attention_tiles.cuh"

#ifdef ATTEMPT_WARPGROUP_PRODUCTS

namespace attempt::model::cuda {

constexpr int kForwardBlocks = 5;

/// The block's own 64 rows as left operands.
struct Rows {
  std::uint32_t tile;
};
__device__ inline Rows rows_of(std::uint32_t tile) { return {tile}; }

/// A matrix in a tile whose rows are 128 bytes: groups of eight rows follow each other.
__device__ inline std::uint64_t descriptor(std::uint32_t address) {
  constexpr std::uint64_t kGroup = 8 * kWidth * 2 / 16, kSwizzle128 = 1ULL << 62;
  return kSwizzle128 | kGroup << 32 | 1ULL << 16 | (address & 0x3FFFFU) >> 4;
}

#define ATTEMPT_SUMS(j) "+f"(sum[j][0]), "+f"(sum[j][1]), "+f"(sum[j][2]), "+f"(sum[j][3])

/// sum = [sum +] a b^T of 16 columns each
__device__ inline void multiply(float (&sum)[4][4], std::uint64_t a, std::uint64_t b, bool adds) {
  asm volatile(
      "{.reg .pred p; setp.ne.b32 p, %18, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n32k16.f32.bf16.bf16 "
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15}, %16, %17, p, 1, 1, 0, 0;}\n"
      : ATTEMPT_SUMS(0), ATTEMPT_SUMS(1), ATTEMPT_SUMS(2), ATTEMPT_SUMS(3)
      : "l"(a), "l"(b), "r"(static_cast<int>(adds)));
}
__device__ inline void multiply(float (&sum)[8][4], std::uint64_t a, std::uint64_t b, bool adds) {
  asm volatile(
      "{.reg .pred p; setp.ne.b32 p, %34, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
      "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31}, "
      "%32, %33, p, 1, 1, 0, 0;}\n"
      : ATTEMPT_SUMS(0), ATTEMPT_SUMS(1), ATTEMPT_SUMS(2), ATTEMPT_SUMS(3), ATTEMPT_SUMS(4),
        ATTEMPT_SUMS(5), ATTEMPT_SUMS(6), ATTEMPT_SUMS(7)
      : "l"(a), "l"(b), "r"(static_cast<int>(adds)));
}
/// sum += a b, b of 16 rows
__device__ inline void multiply(float (&sum)[8][4], const std::uint32_t (&a)[4], std::uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
      "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31}, "
      "{%32,%33,%34,%35}, %36, 1, 1, 1, 1;\n"
      : ATTEMPT_SUMS(0), ATTEMPT_SUMS(1), ATTEMPT_SUMS(2), ATTEMPT_SUMS(3), ATTEMPT_SUMS(4),
        ATTEMPT_SUMS(5), ATTEMPT_SUMS(6), ATTEMPT_SUMS(7)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}

#undef ATTEMPT_SUMS

// The products run beside the thread. The compiler knows of nothing but the asm statements: held, a
// value is computed before, and read behind, this place among them.
__device__ inline void hold(float& value) { asm volatile("" : "+f"(value)::"memory"); }
__device__ inline void hold(std::uint32_t& value) { asm volatile("" : "+r"(value)::"memory"); }
template <typename T, int n>
__device__ inline void hold(T (&values)[n][4]) {
#pragma unroll
  for (int j = 0; j < n; ++j) {
#pragma unroll
    for (int i = 0; i < 4; ++i) hold(values[j][i]);
  }
}

__device__ inline void order_registers() {
  asm volatile("wgmma.fence.sync.aligned;\n" ::: "memory");
}
__device__ inline void commit_products() {
  asm volatile("wgmma.commit_group.sync.aligned;\n" ::: "memory");
}
/// As in attention_products.cuh.
template <int... n>
__device__ inline void finish_products(float (&... results)[n][4]) {
  asm volatile("wgmma.wait_group.sync.aligned 0;\n" ::: "memory");
  (hold(results), ...);
}

/// As in attention_products.cuh.
template <int n>
__device__ inline void start_products(float (&result)[n][4], const Rows& rows, std::uint32_t tile,
                                      int first) {
  const std::uint64_t left = descriptor(rows.tile), right = descriptor(tile + first * kWidth * 2);
  order_registers();
#pragma unroll
  for (int step = 0; step < 4; ++step)
    multiply(result, left + 2 * step, right + 2 * step, step > 0);  // 16 columns are 32 bytes
  commit_products();
}

/// As in attention_products.cuh.
template <int n>
__device__ inline void start_adding(float (&sum)[8][4], const float (&left)[n][4],
                                    std::uint32_t tile, int first) {
  std::uint32_t a[n / 2][4];
#pragma unroll
  for (int step = 0; step < n / 2; ++step) pack_step(a[step], left, step);
  hold(a);
  hold(sum);
  order_registers();
#pragma unroll
  for (int step = 0; step < n / 2; ++step)
    multiply(sum, a[step], descriptor(tile + (first + 16 * step) * kWidth * 2));
  commit_products();
}

}  // namespace attempt::model::cuda

#endif
