#include <cuda_bf16.h>

#include "model/cuda/kernels.h"
#include "model/cuda/mask.cuh"

namespace attempt::model::cuda {

namespace {

constexpr int kThreads = 128;
constexpr int kLanes = 32;

struct Add {
  __device__ float operator()(float a, float b) const { return a + b; }
};
struct Larger {
  __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

/// Over the threads of a block, in a fixed order.
template <typename Operation>
__device__ float over_block(float value, float* shared, Operation operation) {
#pragma unroll
  for (int lanes = kLanes / 2; lanes > 0; lanes /= 2)
    value = operation(value, __shfl_xor_sync(0xFFFFFFFFU, value, lanes));
  __syncthreads();  // what an earlier call left has been read
  if (threadIdx.x % kLanes == 0) shared[threadIdx.x / kLanes] = value;
  __syncthreads();
  value = shared[0];
#pragma unroll
  for (int warp = 1; warp < kThreads / kLanes; ++warp) value = operation(value, shared[warp]);
  return value;
}

/// The mask of a row among those of weights that stand as [B, H, T, S].
__device__ LineMask mask_of_row(const MaskedSoftmax& shape, std::int64_t row) {
  const std::int64_t head = row % shape.heads, query = row / shape.heads % shape.queries;
  const std::int64_t batch = row / (shape.heads * shape.queries);
  if (shape.draw.base == nullptr) return {};
  if (shape.draw.rows.table != nullptr)
    return LineMask::of(shape.draw, batch, static_cast<int>(head), static_cast<int>(query));
  const std::int64_t place = ((batch * shape.heads + head) * shape.queries + query) * shape.length;
  return {Mask::of(shape.draw), static_cast<std::uint32_t>(place), 0};
}

/// One block a row.
template <typename T>
__global__ void __launch_bounds__(kThreads)
    softmax_kernel(MaskedSoftmax shape, const T* scores, T* weights, T* dropped) {
  __shared__ float shared[kThreads / kLanes];
  const std::int64_t row = blockIdx.x;
  const LineMask line = mask_of_row(shape, row);
  const bool* mask = shape.mask + row / (shape.queries * shape.heads) * shape.length;
  scores += row * shape.stride;
  weights += row * shape.stride;
  float largest = -INFINITY;
  for (std::int64_t i = threadIdx.x; i < shape.length; i += kThreads)
    if (mask[i]) largest = fmaxf(largest, static_cast<float>(scores[i]));
  largest = over_block(largest, shared, Larger());
  float sum = 0;
  for (std::int64_t i = threadIdx.x; i < shape.length; i += kThreads)
    if (mask[i]) sum += __expf(static_cast<float>(scores[i]) - largest);
  const float inverse = 1.0F / over_block(sum, shared, Add());
  const bool drops = dropped != nullptr;
  if (drops) dropped += row * shape.stride;
  for (std::int64_t i = threadIdx.x; i < shape.length; i += kThreads) {
    const float weight = mask[i] ? __expf(static_cast<float>(scores[i]) - largest) * inverse : 0.0F;
    const T stored = static_cast<T>(weight);
    weights[i] = stored;
    if (!drops) continue;
    const bool stays = line.mask.keeps(line.start + static_cast<std::uint32_t>(i));
    dropped[i] = static_cast<T>(stays ? static_cast<float>(stored) * shape.draw.scale : 0.0F);
  }
  if (threadIdx.x < shape.stride - shape.length) {
    weights[shape.length + threadIdx.x] = static_cast<T>(0.0F);
    if (drops) dropped[shape.length + threadIdx.x] = static_cast<T>(0.0F);
  }
}

template <typename T>
__global__ void __launch_bounds__(kThreads)
    softmax_backward_kernel(MaskedSoftmax shape, const T* weights, const T* gradient,
                            T* for_scores) {
  __shared__ float shared[kThreads / kLanes];
  const std::int64_t row = blockIdx.x;
  const LineMask line = mask_of_row(shape, row);
  weights += row * shape.stride;
  gradient += row * shape.stride;
  for_scores += row * shape.stride;
  const bool drops = shape.draw.base != nullptr;
  const auto of_weight = [&](std::int64_t i) {
    if (!drops) return static_cast<float>(gradient[i]);
    const bool stays = line.mask.keeps(line.start + static_cast<std::uint32_t>(i));
    return stays ? static_cast<float>(gradient[i]) * shape.draw.scale : 0.0F;
  };
  float sum = 0;
  for (std::int64_t i = threadIdx.x; i < shape.length; i += kThreads)
    sum += of_weight(i) * static_cast<float>(weights[i]);
  sum = over_block(sum, shared, Add());
  for (std::int64_t i = threadIdx.x; i < shape.length; i += kThreads) {
    const float weight = static_cast<float>(weights[i]);
    for_scores[i] = static_cast<T>(weight * (of_weight(i) - sum));
  }
  if (threadIdx.x < shape.stride - shape.length)
    for_scores[shape.length + threadIdx.x] = static_cast<T>(0.0F);
}

template <typename Call>
void with_type(Type type, const Call& call) {
  type == Type::kFloat ? call(float{}) : call(__nv_bfloat16{});
}

unsigned blocks_of(const MaskedSoftmax& shape) {
  return static_cast<unsigned>(shape.batch * shape.queries * shape.heads);
}

}  // namespace

void masked_softmax(const MaskedSoftmax& shape, const void* scores, void* weights, void* dropped,
                    cudaStream_t stream) {
  with_type(shape.type, [&](auto zero) {
    using T = decltype(zero);
    softmax_kernel<T><<<blocks_of(shape), kThreads, 0, stream>>>(
        shape, static_cast<const T*>(scores), static_cast<T*>(weights), static_cast<T*>(dropped));
  });
}

void masked_softmax_backward(const MaskedSoftmax& shape, const void* weights, const void* gradient,
                             void* for_scores, cudaStream_t stream) {
  with_type(shape.type, [&](auto zero) {
    using T = decltype(zero);
    softmax_backward_kernel<T><<<blocks_of(shape), kThreads, 0, stream>>>(
        shape, static_cast<const T*>(weights), static_cast<const T*>(gradient),
        static_cast<T*>(for_scores));
  });
}

}  // namespace attempt::model::cuda
