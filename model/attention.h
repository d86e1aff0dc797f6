#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "model/dropout.h"
#include "model/position_bias.h"
#include "model/t5.h"

namespace attempt::model {

/// Heads of keys and values, [B, H, K, dk] each.
struct KeyValue {
  at::Tensor key;
  at::Tensor value;
  at::Tensor packed = {};  ///< the product [B, K, 2 I or 3 I] they are parts of, where they are
};

struct QueryKeyValue {
  at::Tensor query;
  KeyValue key_value;
};

/// Projections of a self-attention's input. @param x [B, S, D]
QueryKeyValue project_self(const T5& t5, const AttentionWeights& weights, const at::Tensor& x);

/// Queries of a cross-attention. @param x [B, T, D]. @return [B, H, T, dk]
at::Tensor project_query(const T5& t5, const AttentionWeights& weights, const at::Tensor& x);

/// Keys and values of a cross-attention. @param encoded [B, S, D]
KeyValue project_cross(const T5& t5, const AttentionWeights& weights, const at::Tensor& encoded);

/// Keys and values with the attention's prefix, if it has one, in front of every row's.
KeyValue with_prefix(const AttentionWeights& weights, const KeyValue& key_value);

/// The keys and values of some rows of a batch. @param rows [R] int64
KeyValue select_rows(const T5& t5, const KeyValue& key_value, const at::Tensor& rows);

/// Rows of the prefix; 0 without one.
std::int64_t prefix_length(const AttentionWeights& weights);

/// What is added to the scores of an attention: relative bias and mask, in one of two forms.
struct AttentionBias {
  /// [1 or B, 1 or H, Q, K] in the activations' type, -inf where masked; or undefined
  at::Tensor added;
  /// Set where the CUDA kernel does the attention; `added` is undefined then.
  std::optional<fused::AttentionBias> kernel = std::nullopt;
};

/// Relative bias and padding mask of the encoder's self-attention over its prefix and all tokens.
/// @param mask [B, S] bool
AttentionBias encoder_bias(const T5& t5, const at::Tensor& mask);

/// Relative bias and causal mask of `queries` positions from first_query on over the prefix and all
/// positions up to the last of them.
AttentionBias decoder_bias(const T5& t5, std::int64_t first_query, std::int64_t queries);

/// Padding mask of the cross-attention. @param mask [B, S] bool
AttentionBias cross_bias(const T5& t5, const at::Tensor& mask);

/// The mask of some rows of a batch. @param rows [R] int64
AttentionBias select_rows(const AttentionBias& cross_bias, const at::Tensor& rows);

/// softmax(q k^T + bias) v, merged heads times `o`. T5 does not divide by sqrt(dk).
/// @return [B, Q, D]
at::Tensor attend(const AttentionWeights& weights, const at::Tensor& query,
                  const KeyValue& key_value, const AttentionBias& bias, Dropout& dropout);

}  // namespace attempt::model
