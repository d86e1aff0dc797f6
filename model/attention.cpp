#include "model/attention.h"

#include <ATen/ATen.h>

#include <limits>

namespace attempt::model {

namespace {

/// [B, S, n * I] -> n tensors [B, H, S, dk]
std::vector<at::Tensor> split_heads(const T5& t5, const at::Tensor& x, std::int64_t parts) {
  return x.view({x.size(0), x.size(1), parts, t5.config.num_heads, t5.config.d_kv})
      .permute({2, 0, 3, 1, 4})
      .unbind(0);
}

/// [B, S, I] -> [B, H, S, dk]
at::Tensor to_heads(const T5& t5, const at::Tensor& y) {
  return y.view({y.size(0), y.size(1), t5.config.num_heads, t5.config.d_kv}).transpose(1, 2);
}

}  // namespace

QueryKeyValue project_self(const T5& t5, const AttentionWeights& weights, const at::Tensor& x) {
  const bool is_plain = !weights.added_q.changes_output() && !weights.added_k.changes_output() &&
                        !weights.added_v.changes_output();
  if (weights.packed.defined()) {
    const at::Tensor product = at::linear(x, weights.packed);
    if (is_plain) {
      const auto parts = split_heads(t5, product, 3);
      return {parts[0], {parts[1], parts[2]}};
    }
    const auto parts = product.chunk(3, -1);
    return {to_heads(t5, add_to(weights.added_q, x, parts[0])),
            {to_heads(t5, add_to(weights.added_k, x, parts[1])),
             to_heads(t5, add_to(weights.added_v, x, parts[2]))}};
  }
  return {to_heads(t5, linear(x, weights.q, weights.added_q)),
          {to_heads(t5, linear(x, weights.k, weights.added_k)),
           to_heads(t5, linear(x, weights.v, weights.added_v))}};
}

at::Tensor project_query(const T5& t5, const AttentionWeights& weights, const at::Tensor& x) {
  return to_heads(t5, linear(x, weights.q, weights.added_q));
}

KeyValue project_cross(const T5& t5, const AttentionWeights& weights, const at::Tensor& encoded) {
  if (weights.packed.defined()) {
    const at::Tensor product = at::linear(encoded, weights.packed);
    if (!weights.added_k.changes_output() && !weights.added_v.changes_output()) {
      const auto parts = split_heads(t5, product, 2);
      return {parts[0], parts[1]};
    }
    const auto parts = product.chunk(2, -1);
    return {to_heads(t5, add_to(weights.added_k, encoded, parts[0])),
            to_heads(t5, add_to(weights.added_v, encoded, parts[1]))};
  }
  return {to_heads(t5, linear(encoded, weights.k, weights.added_k)),
          to_heads(t5, linear(encoded, weights.v, weights.added_v))};
}

std::int64_t prefix_length(const AttentionWeights& weights) {
  return weights.prefix_key.defined() ? weights.prefix_key.size(1) : 0;
}

KeyValue with_prefix(const AttentionWeights& weights, const KeyValue& key_value) {
  if (!weights.prefix_key.defined()) return key_value;
  const auto in_front = [](const at::Tensor& prefix, const at::Tensor& rows) {
    return at::cat(
        {prefix.to(rows.scalar_type()).unsqueeze(0).expand({rows.size(0), -1, -1, -1}), rows}, 2);
  };
  return {in_front(weights.prefix_key, key_value.key),
          in_front(weights.prefix_value, key_value.value)};
}

at::Tensor self_bias(const T5& t5, const at::Tensor& table, Direction direction,
                     std::int64_t prefix, std::int64_t first_query, std::int64_t queries,
                     std::int64_t keys) {
  if (prefix == 0 || t5.prefix_bias == PrefixBias::kRelative) {
    return position_bias(table, t5.config, direction, prefix + first_query, queries, prefix + keys);
  }
  const at::Tensor bias = position_bias(table, t5.config, direction, first_query, queries, keys);
  return at::constant_pad_nd(bias, {prefix, 0}, 0);
}

at::Tensor attend(const AttentionWeights& weights, const at::Tensor& query,
                  const KeyValue& key_value, const at::Tensor& bias, Dropout& dropout) {
  at::Tensor mixed;  // [B, H, Q, dk]
  if (dropout.is_active()) {
    // Dropout on the weights needs our own random stream, which the fused kernel cannot take.
    at::Tensor scores = at::matmul(query, key_value.key.transpose(-1, -2));
    if (bias.defined()) scores.add_(bias);
    const at::Tensor probabilities = at::softmax(scores, -1, at::kFloat).to(query.scalar_type());
    mixed = at::matmul(dropout(probabilities), key_value.value);
  } else {
    const c10::optional<at::Tensor> mask =
        bias.defined() ? c10::optional<at::Tensor>(bias) : c10::nullopt;
    mixed = at::scaled_dot_product_attention(query, key_value.key, key_value.value, mask,
                                             /*dropout_p=*/0.0, /*is_causal=*/false, /*scale=*/1.0);
  }
  const at::Tensor merged = mixed.transpose(1, 2).reshape({query.size(0), query.size(2), -1});
  return linear(merged, weights.o, weights.added_o);
}

at::Tensor additive_mask(const at::Tensor& mask, at::ScalarType type, std::int64_t prefix) {
  const at::Tensor added =
      at::zeros(mask.sizes(), mask.options().dtype(type))
          .masked_fill_(mask.logical_not(), -std::numeric_limits<double>::infinity());
  const at::Tensor whole = prefix == 0 ? added : at::constant_pad_nd(added, {prefix, 0}, 0);
  return whole.unsqueeze(1).unsqueeze(1);
}

}  // namespace attempt::model
