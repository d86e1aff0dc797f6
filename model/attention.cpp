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

}  // namespace

QueryKeyValue project_self(const T5& t5, const AttentionWeights& weights, const at::Tensor& x) {
  if (weights.packed.defined()) {
    const auto parts = split_heads(t5, at::linear(x, weights.packed), 3);
    return {parts[0], {parts[1], parts[2]}};
  }
  return {split_heads(t5, at::linear(x, weights.q), 1)[0],
          {split_heads(t5, at::linear(x, weights.k), 1)[0],
           split_heads(t5, at::linear(x, weights.v), 1)[0]}};
}

at::Tensor project_query(const T5& t5, const AttentionWeights& weights, const at::Tensor& x) {
  return split_heads(t5, at::linear(x, weights.q), 1)[0];
}

KeyValue project_cross(const T5& t5, const AttentionWeights& weights, const at::Tensor& encoded) {
  if (weights.packed.defined()) {
    const auto parts = split_heads(t5, at::linear(encoded, weights.packed), 2);
    return {parts[0], parts[1]};
  }
  return {split_heads(t5, at::linear(encoded, weights.k), 1)[0],
          split_heads(t5, at::linear(encoded, weights.v), 1)[0]};
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
  return at::linear(merged, weights.o);
}

at::Tensor additive_mask(const at::Tensor& mask, at::ScalarType type) {
  return at::zeros(mask.sizes(), mask.options().dtype(type))
      .masked_fill_(mask.logical_not(), -std::numeric_limits<double>::infinity())
      .unsqueeze(1)
      .unsqueeze(1);
}

}  // namespace attempt::model
