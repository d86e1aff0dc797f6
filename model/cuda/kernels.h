#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "model/cuda/draw.h"

/// Launchers of the CUDA kernels, on plain pointers to device memory: no LibTorch, so that they
/// compile wherever nvcc is found. All are deterministic.
namespace attempt::model::cuda {

enum class Type { kFloat, kBFloat16 };

/// out = [residual +] drop(x), n elements. `residual` may be null.
void dropout(Type type, const void* residual, const void* x, void* out, std::int64_t n,
             const Draw& draw, cudaStream_t stream);
/// out = drop(max(x, 0)); bit i % 8 of positive[i / 8] says whether out[i] > 0.
void relu_dropout(Type type, const void* x, void* out, std::uint8_t* positive, std::int64_t n,
                  const Draw& draw, cudaStream_t stream);
/// out = scale * gradient where the output was positive, else 0
void relu_dropout_backward(Type type, const std::uint8_t* positive, const void* gradient, void* out,
                           std::int64_t n, float scale, cudaStream_t stream);

/// weights = softmax of a row's scores where the mask is true, else 0; dropped = drop(weights),
/// with the masks of weights that stand as [B, H, T, S].
struct MaskedSoftmax {
  Type type = Type::kFloat;
  std::int64_t batch = 0, queries = 0, heads = 0, length = 0;  ///< [B, T H, S]
  std::int64_t stride = 0;                                     ///< elements from a row to the next
  const bool* mask = nullptr;                                  ///< [B, S]
  Draw draw;
};
/// `dropped` is null when the draw drops nothing.
void masked_softmax(const MaskedSoftmax& shape, const void* scores, void* weights, void* dropped,
                    cudaStream_t stream);
/// The gradient of the scores, from that of `dropped` (of `weights` when nothing is dropped).
void masked_softmax_backward(const MaskedSoftmax& shape, const void* weights, const void* gradient,
                             void* for_scores, cudaStream_t stream);

/// Rows of D elements: sum = residual + drop(branch), normed = weight * sum * inverse with
/// inverse = rsqrt(mean(sum^2) + epsilon). Without a branch the residual is the sum.
struct AddNorm {
  Type type = Type::kFloat;         ///< of residual, branch, sum, normed and their gradients
  Type weight_type = Type::kFloat;  ///< of weight
  std::int64_t rows = 0;
  std::int64_t width = 0;  ///< D; has_norm_kernel(D)
  float epsilon = 0;
  Draw draw;
};
bool has_norm_kernel(std::int64_t width);
void add_norm(const AddNorm& shape, const void* residual, const void* branch, const void* weight,
              void* sum, void* normed, float* inverse, cudaStream_t stream);
/// for_sum = d_sum + the gradient through the norm; for_branch = its dropped part. `d_sum` and
/// `for_branch` may be null; `for_weight` is null or [add_norm_partials(rows), D], to be summed.
void add_norm_backward(const AddNorm& shape, const void* sum, const void* weight,
                       const float* inverse, const void* d_sum, const void* d_normed, void* for_sum,
                       void* for_branch, float* for_weight, cudaStream_t stream);
std::int64_t add_norm_partials(std::int64_t rows);

/// Heads of one of q, k, v, out or a gradient: element (b, h, s, d) stands at
/// data + b * batch_stride + s * row_stride + 64 h + d. Strides are multiples of 8.
struct Heads {
  void* data = nullptr;
  std::int64_t batch_stride = 0;
  std::int64_t row_stride = 0;
};

/// softmax(q k^T + bias) v in bfloat16 with heads of width 64; dropout on the weights.
struct Attention {
  std::int64_t batch = 0, heads = 0, queries = 0, keys = 0;
  Heads q, k, v, out;
  /// [H, Q + K - 1] log2(e) times the bias of key k for query q, at k - q + Q - 1; null: none
  const float* bias = nullptr;
  const bool* key_mask = nullptr;  ///< [B, K], false = not attended to; null: all are
  float* log_sum = nullptr;        ///< [B, H, Q] log2 of the sum of 2^(log2(e) score)
  std::uint64_t* kept = nullptr;   ///< [B, H, tiles of keys, Q]: bit i of a tile = its key i stays
  Draw draw;
  /// Queries and keys are the same positions: those after the last key that is attended to are left
  /// out, with zeros for output and gradients.
  bool is_self = false;
};
constexpr std::int64_t kAttentionTile = 64;
/// `kept` may be null when the draw drops nothing.
void attention_forward(const Attention& attention, cudaStream_t stream);
/// @param delta  [B, H, Q] scratch
void attention_backward(const Attention& attention, const Heads& d_out, const Heads& d_q,
                        const Heads& d_k, const Heads& d_v, float* delta, cudaStream_t stream);

}  // namespace attempt::model::cuda
