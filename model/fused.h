#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/row_streams.h"

/// Pieces of a layer as single CUDA kernels, with gradients. They exist in builds with a CUDA
/// LibTorch and nvcc; elsewhere every handles_...() is false and the rest throws.
namespace attempt::model::fused {

/// One draw of a Dropout on the device: its key is base[0] + offset; by rows, that of each row's
/// stream + offset.
struct Draw {
  at::Tensor base;  ///< [1] int64; undefined: nothing is dropped, unless there are rows
  std::int64_t offset = 0;
  double rate = 0;
  RowStreams rows = {};
};

struct Sum {
  at::Tensor sum;     ///< [..., D] residual + drop(branch)
  at::Tensor normed;  ///< [..., D] weight * sum * rsqrt(mean(sum^2) + epsilon)
};

/// Whether the kernels are there at all.
bool is_built();

/// On the device, in float32 or bfloat16.
bool handles(const at::Tensor& x);

/// [residual +] drop(x); `residual` may be undefined.
at::Tensor add_dropout(const at::Tensor& residual, const at::Tensor& x, const Draw& draw);
/// drop(relu(x))
at::Tensor relu_dropout(const at::Tensor& x, const Draw& draw);

/// Whether rows of this width and type have a norm kernel.
bool handles_norm(const at::Tensor& x, const at::Tensor& weight);
/// @param branch  undefined: the residual alone is normed, and is the sum
Sum add_norm(const at::Tensor& residual, const at::Tensor& branch, const at::Tensor& weight,
             double epsilon, const Draw& draw);

/// drop(softmax(scores)) over the first S scores of a row, in float32 but for what is stored; where
/// the mask is false, and behind the first S, a weight is 0. Dropout's mask is that of weights
/// which stand as [B, H, T, S].
/// @param scores [B, T H, S or more], @param mask [B, S] bool. @return as the scores
at::Tensor masked_softmax(const at::Tensor& scores, const at::Tensor& mask, std::int64_t heads,
                          const Draw& draw);

/// What an attention works on: `packed` alone (q, k, v in one product, [B, S, 3 I]); `query` and
/// `packed` (k, v in one, [B, K, 2 I]); or `query`, `key` and `value`, [B, H, *, 64] each.
struct AttentionInputs {
  at::Tensor query, key, value, packed;
  std::int64_t heads = 0;
};

struct AttentionBias {
  at::Tensor by_distance;  ///< [H, Q + K - 1] float32, times log2(e); undefined: none
  at::Tensor key_mask;     ///< [B, K] bool, false = left out; undefined: all take part
  /// Queries are the keys' positions: those after a row's last key come out as zeros.
  bool is_self = false;
};

/// softmax(q k^T + bias) v in bfloat16 with heads of width 64. No gradient flows into the bias.
/// @return [B, Q, I]
at::Tensor attention(const AttentionInputs& inputs, const AttentionBias& bias, const Draw& draw);

}  // namespace attempt::model::fused
