#pragma once

#include <ATen/core/Tensor.h>

#include "model/dropout.h"
#include "model/position_bias.h"
#include "model/t5.h"

namespace attempt::model {

/// Heads of keys and values, [B, H, K, dk] each.
struct KeyValue {
  at::Tensor key;
  at::Tensor value;
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

/// Rows of the prefix; 0 without one.
std::int64_t prefix_length(const AttentionWeights& weights);

/// Relative bias of a self-attention's queries over its prefix and `keys` keys,
/// [1, H, queries, prefix + keys]. Query i stands at position first_query + i of the sequence.
at::Tensor self_bias(const T5& t5, const at::Tensor& table, Direction direction,
                     std::int64_t prefix, std::int64_t first_query, std::int64_t queries,
                     std::int64_t keys);

/// softmax(q k^T + bias) v, merged heads times `o`. T5 does not divide by sqrt(dk).
/// @param bias  additive [1 or B, 1 or H, Q, K] in the activations' type (relative bias and mask,
///              -inf where masked), or undefined
/// @return [B, Q, D]
at::Tensor attend(const AttentionWeights& weights, const at::Tensor& query,
                  const KeyValue& key_value, const at::Tensor& bias, Dropout& dropout);

/// Additive mask [B, 1, 1, prefix + S] of a padding mask [B, S] bool: 0 for the prefix and tokens,
/// -inf for padding.
at::Tensor additive_mask(const at::Tensor& mask, at::ScalarType type, std::int64_t prefix);

}  // namespace attempt::model
