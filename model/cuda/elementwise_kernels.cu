#include "model/cuda/eight.cuh"
#include "model/cuda/kernels.h"
#include "model/cuda/mask.cuh"

namespace attempt::model::cuda {

namespace {

constexpr int kThreads = 256;
constexpr int kLanes = 32;

/// Whether elements of a tensor stay. They are asked for in ascending order.
template <bool kRows>
class Stays {
 public:
  explicit __device__ Stays(const Draw& draw) : draw_(draw) {
    if (!kRows) mask_ = Mask::of(draw);
  }
  __device__ bool operator()(std::int64_t i) {
    if (kRows && i >= end_) find_line(i);
    return mask_.keeps(static_cast<std::uint32_t>(i) + shift_);
  }
  /// Bit j: whether the element first + j stays. @param first  a multiple of eight
  __device__ unsigned eight(std::int64_t first) {
    if (!kRows) return mask_.keeps_eight(static_cast<std::uint32_t>(first));
    if (draw_.rows.columns % 8 == 0) {  // all eight are of one line
      find_line(first);
      const std::uint32_t place = static_cast<std::uint32_t>(first) + shift_;
      if (place % 2 == 0) return mask_.keeps_eight(place);
    }
    unsigned bits = 0;
#pragma unroll
    for (int j = 0; j < 8; ++j) bits |= ((*this)(first + j) ? 1U : 0U) << j;
    return bits;
  }

 private:
  __device__ void find_line(std::int64_t i) {
    // A division of 64 bits takes longer than all else here.
    const auto columns = static_cast<std::uint32_t>(draw_.rows.columns);
    const std::int64_t number =
        i >> 32 == 0 ? static_cast<std::uint32_t>(i) / columns : i / draw_.rows.columns;
    const LineMask line = LineMask::of(draw_, number);
    mask_ = line.mask;
    shift_ = line.start - static_cast<std::uint32_t>(number * draw_.rows.columns);
    end_ = (number + 1) * draw_.rows.columns;
  }

  const Draw& draw_;
  Mask mask_{};
  std::uint32_t shift_ = 0;
  std::int64_t end_ = 0;
};

enum class Form { kDrop, kAddDrop, kReluDrop };

/// @tparam T  n is a multiple of 8 but for the last few elements, which thread 0 of the grid does
template <typename T, Form kForm, bool kRows>
__global__ void __launch_bounds__(kThreads)
    dropout_kernel(const T* residual, const T* x, T* out, std::uint8_t* positive, std::int64_t n,
                   Draw draw) {
  Stays<kRows> stays(draw);
  const std::int64_t first = (blockIdx.x * static_cast<std::int64_t>(kThreads) + threadIdx.x) * 8;
  if (first >= n) return;
  const auto one = [&](float value, float base, bool is_kept) {
    if (kForm == Form::kReluDrop) value = fmaxf(value, 0.0F);
    return base + (is_kept ? value * draw.scale : 0.0F);
  };
  if (first + 8 <= n) {
    Eight values = Eight::load(x + first);
    Eight base{};
    if (kForm == Form::kAddDrop) base = Eight::load(residual + first);
    const unsigned kept = stays.eight(first);
    unsigned bits = 0;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      values.at[j] = one(values.at[j], base.at[j], (kept >> j & 1U) != 0);
      bits |= (values.at[j] > 0.0F ? 1U : 0U) << j;
    }
    values.store(out + first);
    if (kForm == Form::kReluDrop) positive[first / 8] = static_cast<std::uint8_t>(bits);
    return;
  }
  unsigned bits = 0;
  for (std::int64_t i = first; i < n; ++i) {
    const float base = kForm == Form::kAddDrop ? static_cast<float>(residual[i]) : 0.0F;
    const float value = one(static_cast<float>(x[i]), base, stays(i));
    out[i] = static_cast<T>(value);
    bits |= (value > 0.0F ? 1U : 0U) << (i - first);
  }
  if (kForm == Form::kReluDrop) positive[first / 8] = static_cast<std::uint8_t>(bits);
}

template <typename T>
__global__ void __launch_bounds__(kThreads)
    relu_backward_kernel(const std::uint8_t* positive, const T* gradient, T* out, std::int64_t n,
                         float scale) {
  const std::int64_t first = (blockIdx.x * static_cast<std::int64_t>(kThreads) + threadIdx.x) * 8;
  if (first >= n) return;
  const unsigned bits = positive[first / 8];
  if (first + 8 <= n) {
    Eight values = Eight::load(gradient + first);
#pragma unroll
    for (int j = 0; j < 8; ++j) values.at[j] = (bits >> j & 1) != 0 ? values.at[j] * scale : 0.0F;
    values.store(out + first);
    return;
  }
  for (std::int64_t i = first; i < n; ++i) {
    const float value = static_cast<float>(gradient[i]) * scale;
    out[i] = static_cast<T>((bits >> (i - first) & 1) != 0 ? value : 0.0F);
  }
}

unsigned blocks_of(std::int64_t n) {
  return static_cast<unsigned>((n + kThreads * 8 - 1) / (kThreads * 8));
}

__device__ float sum_of_warp(float value) {
#pragma unroll
  for (int offset = kLanes / 2; offset > 0; offset /= 2)
    value += __shfl_xor_sync(0xFFFFFFFFU, value, offset);
  return value;
}

/// Of a row of a norm; of no meaning where nothing is dropped.
__device__ LineMask mask_of_row(const AddNorm& shape, std::int64_t row) {
  if (shape.draw.base == nullptr) return {};
  if (shape.draw.rows.table != nullptr) return LineMask::of(shape.draw, row);
  return {Mask::of(shape.draw), static_cast<std::uint32_t>(row * shape.width), 0};
}

/// A warp takes a row; a lane its vectors lane, lane + 32, ... of kVectors * 32.
template <typename T, typename W, int kVectors>
__global__ void __launch_bounds__(kThreads)
    add_norm_kernel(const T* residual, const T* branch, const W* weight, T* sum, T* normed,
                    float* inverse, AddNorm shape) {
  const std::int64_t row =
      (blockIdx.x * static_cast<std::int64_t>(kThreads) + threadIdx.x) / kLanes;
  if (row >= shape.rows) return;
  const int lane = threadIdx.x % kLanes;
  const bool drops = shape.draw.base != nullptr;
  const LineMask line = mask_of_row(shape, row);
  Eight values[kVectors];
  float squares = 0;
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    const std::int64_t at = row * shape.width + (v * kLanes + lane) * 8;
    values[v] = Eight::load(residual + at);
    if (branch != nullptr) {
      const Eight added = Eight::load(branch + at);
      const unsigned kept =
          drops ? line.mask.keeps_eight(line.start + (v * kLanes + lane) * 8) : 0xFFU;
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        const bool stays = (kept >> j & 1U) != 0;
        const float whole = values[v].at[j] + (stays ? added.at[j] * shape.draw.scale : 0.0F);
        values[v].at[j] = rounded(whole, sum);
      }
      values[v].store(sum + at);
    }
#pragma unroll
    for (int j = 0; j < 8; ++j) squares += values[v].at[j] * values[v].at[j];
  }
  const float root = rsqrtf(sum_of_warp(squares) / static_cast<float>(shape.width) + shape.epsilon);
  if (lane == 0) inverse[row] = root;
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    const int column = (v * kLanes + lane) * 8;
    const Eight gain = Eight::load(weight + column);
#pragma unroll
    for (int j = 0; j < 8; ++j) values[v].at[j] *= root * gain.at[j];
    values[v].store(normed + row * shape.width + column);
  }
}

constexpr int kPartialBlocks = 264;  // two a multiprocessor of an H100

/// With r = inverse, n = sum * r: for_sum = d_sum + r * (g dy - n * mean(g dy n)).
template <typename T, typename W, int kVectors, bool kWeight>
__global__ void __launch_bounds__(kThreads)
    add_norm_backward_kernel(const T* sum, const W* weight, const float* inverse, const T* d_sum,
                             const T* d_normed, T* for_sum, T* for_branch, float* for_weight,
                             AddNorm shape) {
  constexpr int kWarps = kThreads / kLanes;
  const int lane = threadIdx.x % kLanes;
  Eight partial[kWeight ? kVectors : 1] = {};
  const std::int64_t first =
      (blockIdx.x * static_cast<std::int64_t>(kThreads) + threadIdx.x) / kLanes;
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kWarps;
  for (std::int64_t row = first; row < shape.rows; row += stride) {
    const float root = inverse[row];
    const LineMask line = mask_of_row(shape, row);
    Eight scaled[kVectors], unit[kVectors];
    float projection = 0;
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      const int column = (v * kLanes + lane) * 8;
      const std::int64_t at = row * shape.width + column;
      unit[v] = Eight::load(sum + at);
      scaled[v] = Eight::load(d_normed + at);
      const Eight gain = Eight::load(weight + column);
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        unit[v].at[j] *= root;
        if (kWeight) partial[kWeight ? v : 0].at[j] += scaled[v].at[j] * unit[v].at[j];
        scaled[v].at[j] *= gain.at[j];
        projection += scaled[v].at[j] * unit[v].at[j];
      }
    }
    projection = sum_of_warp(projection) / static_cast<float>(shape.width);
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      const std::int64_t at = row * shape.width + (v * kLanes + lane) * 8;
      Eight whole{};
      if (d_sum != nullptr) whole = Eight::load(d_sum + at);
#pragma unroll
      for (int j = 0; j < 8; ++j)
        whole.at[j] += root * (scaled[v].at[j] - unit[v].at[j] * projection);
      whole.store(for_sum + at);
      if (for_branch == nullptr) continue;
      const unsigned kept = line.mask.keeps_eight(line.start + (v * kLanes + lane) * 8);
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        const bool stays = (kept >> j & 1U) != 0;
        whole.at[j] = stays ? whole.at[j] * shape.draw.scale : 0.0F;
      }
      whole.store(for_branch + at);
    }
  }
  if constexpr (kWeight) {
    // The warps of a block add up in a fixed order.
    extern __shared__ float of_warps[];  // [kWarps, D]
    const int warp = threadIdx.x / kLanes;
#pragma unroll
    for (int v = 0; v < kVectors; ++v)
      partial[v].store(of_warps + warp * shape.width + (v * kLanes + lane) * 8);
    __syncthreads();
    for (int column = threadIdx.x; column < shape.width; column += kThreads) {
      float total = 0;
      for (int w = 0; w < kWarps; ++w) total += of_warps[w * shape.width + column];
      for_weight[blockIdx.x * shape.width + column] = total;
    }
  }
}

/// Calls with T of a type and W of a weight type. A float32 row has float32 weights.
template <typename Call>
void with_types(Type type, Type weight_type, const Call& call) {
  if (type == Type::kFloat) {
    call(float{}, float{});
  } else if (weight_type == Type::kFloat) {
    call(bf16{}, float{});
  } else {
    call(bf16{}, bf16{});
  }
}

template <typename Call>
void with_width(std::int64_t width, const Call& call) {
  switch (width / (kLanes * 8)) {
    case 2:
      return call(std::integral_constant<int, 2>{});
    case 3:
      return call(std::integral_constant<int, 3>{});
    case 4:
      return call(std::integral_constant<int, 4>{});
    default:
      return call(std::integral_constant<int, 1>{});
  }
}

template <typename Call>
void with_type(Type type, const Call& call) {
  type == Type::kFloat ? call(float{}) : call(bf16{});
}

}  // namespace

namespace {

template <Form kForm, typename T>
void launch_dropout(const T* residual, const T* x, T* out, std::uint8_t* positive, std::int64_t n,
                    const Draw& draw, cudaStream_t stream) {
  if (draw.rows.table != nullptr) {
    dropout_kernel<T, kForm, true>
        <<<blocks_of(n), kThreads, 0, stream>>>(residual, x, out, positive, n, draw);
  } else {
    dropout_kernel<T, kForm, false>
        <<<blocks_of(n), kThreads, 0, stream>>>(residual, x, out, positive, n, draw);
  }
}

}  // namespace

void dropout(Type type, const void* residual, const void* x, void* out, std::int64_t n,
             const Draw& draw, cudaStream_t stream) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    const T* base = static_cast<const T*>(residual);
    const T* from = static_cast<const T*>(x);
    T* to = static_cast<T*>(out);
    if (residual == nullptr) {
      launch_dropout<Form::kDrop, T>(base, from, to, nullptr, n, draw, stream);
    } else {
      launch_dropout<Form::kAddDrop, T>(base, from, to, nullptr, n, draw, stream);
    }
  });
}

void relu_dropout(Type type, const void* x, void* out, std::uint8_t* positive, std::int64_t n,
                  const Draw& draw, cudaStream_t stream) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    launch_dropout<Form::kReluDrop, T>(nullptr, static_cast<const T*>(x), static_cast<T*>(out),
                                       positive, n, draw, stream);
  });
}

void relu_dropout_backward(Type type, const std::uint8_t* positive, const void* gradient, void* out,
                           std::int64_t n, float scale, cudaStream_t stream) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    relu_backward_kernel<T><<<blocks_of(n), kThreads, 0, stream>>>(
        positive, static_cast<const T*>(gradient), static_cast<T*>(out), n, scale);
  });
}

bool has_norm_kernel(std::int64_t width) {
  return width % (kLanes * 8) == 0 && width <= 4 * kLanes * 8;
}

void add_norm(const AddNorm& shape, const void* residual, const void* branch, const void* weight,
              void* sum, void* normed, float* inverse, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>((shape.rows * kLanes + kThreads - 1) / kThreads);
  with_types(shape.type, shape.weight_type, [&](auto zero, auto weight_zero) {
    using T = decltype(zero);
    using W = decltype(weight_zero);
    with_width(shape.width, [&](auto vectors) {
      add_norm_kernel<T, W, vectors.value><<<blocks, kThreads, 0, stream>>>(
          static_cast<const T*>(residual), static_cast<const T*>(branch),
          static_cast<const W*>(weight), static_cast<T*>(sum), static_cast<T*>(normed), inverse,
          shape);
    });
  });
}

std::int64_t add_norm_partials(std::int64_t rows) {
  const std::int64_t blocks = (rows * kLanes + kThreads - 1) / kThreads;
  return blocks < kPartialBlocks ? blocks : kPartialBlocks;
}

void add_norm_backward(const AddNorm& shape, const void* sum, const void* weight,
                       const float* inverse, const void* d_sum, const void* d_normed, void* for_sum,
                       void* for_branch, float* for_weight, cudaStream_t stream) {
  with_types(shape.type, shape.weight_type, [&](auto zero, auto weight_zero) {
    using T = decltype(zero);
    using W = decltype(weight_zero);
    with_width(shape.width, [&](auto vectors) {
      const auto launch = [&](auto kernel, std::int64_t blocks, std::int64_t shared) {
        kernel<<<static_cast<unsigned>(blocks), kThreads, static_cast<std::size_t>(shared),
                 stream>>>(static_cast<const T*>(sum), static_cast<const W*>(weight), inverse,
                           static_cast<const T*>(d_sum), static_cast<const T*>(d_normed),
                           static_cast<T*>(for_sum), static_cast<T*>(for_branch), for_weight,
                           shape);
      };
      if (for_weight == nullptr) {
        launch(add_norm_backward_kernel<T, W, vectors.value, false>,
               (shape.rows * kLanes + kThreads - 1) / kThreads, 0);
      } else {
        launch(add_norm_backward_kernel<T, W, vectors.value, true>, add_norm_partials(shape.rows),
               static_cast<std::int64_t>(sizeof(float)) * kThreads / kLanes * shape.width);
      }
    });
  });
}

}  // namespace attempt::model::cuda
