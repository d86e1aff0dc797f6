#pragma once

// What the blocks of all attention kernels share besides tiles: heads, masks, biases, sums over the
// four lanes of a row, and how they are launched.

#include <cmath>
#include <cstddef>

#include "model/cuda/attention_tiles.cuh"
#include "model/cuda/kernels.h"

namespace attempt::model::cuda {

__device__ inline bf16* head_of(const Heads& heads, int b, int h) {
  return static_cast<bf16*>(heads.data) + b * heads.batch_stride + h * kWidth;
}

/// Which keys are attended to.
struct Attended {
  int end;    ///< after the last that is
  int whole;  ///< all in front of it are
};

/// Additive mask of all keys in shared memory: 0, or -inf where a key is not attended to or does
/// not exist.
__device__ inline Attended load_key_mask(const Attention& a, int b, float* added, int padded_keys) {
  __shared__ Attended attended;
  if (threadIdx.x == 0) attended = {0, padded_keys};
  __syncthreads();
  const auto* mask = reinterpret_cast<const unsigned char*>(a.key_mask) + b * a.keys;
  Attended own = {0, padded_keys};
#pragma unroll 4
  for (int k = threadIdx.x; k < padded_keys; k += kThreads) {
    const bool is_key = k < a.keys && (a.key_mask == nullptr || __ldg(mask + k) != 0);
    added[k] = is_key ? 0.0F : -INFINITY;
    own = {is_key ? k + 1 : own.end, is_key ? own.whole : min(own.whole, k)};
  }
  own = {__reduce_max_sync(0xFFFFFFFFU, own.end), __reduce_min_sync(0xFFFFFFFFU, own.whole)};
  if (threadIdx.x % 32 == 0) {
    atomicMax(&attended.end, own.end);
    atomicMin(&attended.whole, own.whole);
  }
  __syncthreads();
  return attended;
}

/// Takes the keys of columns first, first + 1 ... that are not attended to out of scores.
template <int n>
__device__ inline void mask_scores(float (&scores)[n][4], const float* mask_of_key, int first) {
#pragma unroll
  for (int j = 0; j < n; ++j) {
    const float2 added =
        *reinterpret_cast<const float2*>(mask_of_key + first + 8 * j + 2 * (threadIdx.x % 4));
#pragma unroll
    for (int i = 0; i < 4; ++i) scores[j][i] += (i & 1) != 0 ? added.y : added.x;
  }
}

/// Bias of distances from `first` (as an index of Attention::bias) on.
__device__ inline void load_bias(const Attention& a, int h, float* table, int count, int first) {
  const int distances = static_cast<int>(a.queries + a.keys) - 1;
#pragma unroll 4
  for (int i = threadIdx.x; i < count; i += kThreads) {
    const int at = first + i;
    const bool is_there = a.bias != nullptr && at >= 0 && at < distances;
    table[i] = is_there ? __ldg(a.bias + static_cast<std::int64_t>(h) * distances + at) : 0.0F;
  }
}

__host__ __device__ inline int tiles_of(std::int64_t length) {
  return static_cast<int>((length + kTile - 1) / kTile);
}

/// The scale of what dropout keeps, in a register: the compiler would load it from constant memory
/// for every element.
template <bool kDrops>
__device__ inline float scale_of(const Draw& draw) {
  float scale = kDrops ? draw.scale : 1.0F;
  if (kDrops) asm volatile("" : "+f"(scale));
  return scale;
}

/// 2^x; 0 where the result is too small for a normal number.
__device__ inline float power_of_two(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

__device__ inline float max_of_quad(float value) {
  value = fmaxf(value, __shfl_xor_sync(0xFFFFFFFFU, value, 1));
  return fmaxf(value, __shfl_xor_sync(0xFFFFFFFFU, value, 2));
}
__device__ inline float sum_of_quad(float value) {
  value += __shfl_xor_sync(0xFFFFFFFFU, value, 1);
  return value + __shfl_xor_sync(0xFFFFFFFFU, value, 2);
}
__device__ inline std::uint32_t any_of_quad(std::uint32_t bits) {
  bits |= __shfl_xor_sync(0xFFFFFFFFU, bits, 1);
  return bits | __shfl_xor_sync(0xFFFFFFFFU, bits, 2);
}

template <typename Kernel, typename... Arguments>
void launch(Kernel kernel, std::int64_t rows, const Attention& a, std::size_t shared,
            cudaStream_t stream, Arguments... arguments) {
  cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                       static_cast<int>(shared));
  const dim3 grid(static_cast<unsigned>(tiles_of(rows)), static_cast<unsigned>(a.batch * a.heads));
  kernel<<<grid, kThreads, shared, stream>>>(a, arguments...);
}

/// Shared memory of the mask of all keys and the biases of `columns` columns.
inline std::size_t table_bytes(const Attention& a, std::int64_t columns) {
  return sizeof(float) *
         static_cast<std::size_t>((tiles_of(a.keys) + tiles_of(columns) + 1) * kTile);
}

}  // namespace attempt::model::cuda
