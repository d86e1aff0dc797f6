#include "model/attention.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <limits>
#include <numbers>

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

/// Whether the CUDA kernel does an attention. @param table  of its relative bias, or undefined
bool has_kernel(const T5& t5, const at::Tensor& table, std::int64_t prefix) {
  constexpr std::int64_t kKernelWidth = 64;
  return fused::is_built() && t5.device.is_cuda() && t5.type == at::kBFloat16 &&
         t5.config.d_kv == kKernelWidth && prefix == 0 &&
         !(table.defined() && table.requires_grad());
}

/// As the kernel takes it: float32, times log2(e).
at::Tensor by_distance(const T5& t5, const at::Tensor& table, const Span& span) {
  const at::Tensor& buckets = t5.buckets->of(t5.config, span, t5.device);
  return (bias_by_distance(table, buckets).to(at::kFloat) * std::numbers::log2e).contiguous();
}

fused::AttentionInputs kernel_inputs(const at::Tensor& query, const KeyValue& key_value) {
  const std::int64_t heads = query.size(1), inner = heads * query.size(3);
  const at::Tensor& packed = key_value.packed;
  if (!packed.defined()) return {query, key_value.key, key_value.value, {}, heads};
  return {packed.size(2) == 3 * inner ? at::Tensor() : query, {}, {}, packed, heads};
}

/// Relative bias over the prefix and the keys, [1, H, queries, prefix + keys].
at::Tensor self_bias(const T5& t5, const at::Tensor& table, std::int64_t prefix, Span span) {
  const bool is_relative = prefix > 0 && t5.prefix_bias == PrefixBias::kRelative;
  if (is_relative) {
    span.first_query += prefix;
    span.keys += prefix;
  }
  const at::Tensor& buckets = t5.buckets->of(t5.config, span, t5.device);
  const at::Tensor bias = position_bias(bias_by_distance(table, buckets), span);
  return prefix == 0 || is_relative ? bias : at::constant_pad_nd(bias, {prefix, 0}, 0);
}

/// Additive mask [B, 1, 1, prefix + S] of a padding mask [B, S] bool: 0 for the prefix and tokens,
/// -inf for padding.
at::Tensor additive_mask(const at::Tensor& mask, at::ScalarType type, std::int64_t prefix) {
  const at::Tensor added =
      at::zeros(mask.sizes(), mask.options().dtype(type))
          .masked_fill_(mask.logical_not(), -std::numeric_limits<double>::infinity());
  const at::Tensor whole = prefix == 0 ? added : at::constant_pad_nd(added, {prefix, 0}, 0);
  return whole.unsqueeze(1).unsqueeze(1);
}

}  // namespace

QueryKeyValue project_self(const T5& t5, const AttentionWeights& weights, const at::Tensor& x) {
  const bool is_plain = !weights.added_q.changes_output() && !weights.added_k.changes_output() &&
                        !weights.added_v.changes_output();
  if (weights.packed.defined()) {
    const at::Tensor product = at::linear(x, weights.packed);
    if (is_plain) {
      const auto parts = split_heads(t5, product, 3);
      return {parts[0], {parts[1], parts[2], product}};
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
      return {parts[0], parts[1], product};
    }
    const auto parts = product.chunk(2, -1);
    return {to_heads(t5, add_to(weights.added_k, encoded, parts[0])),
            to_heads(t5, add_to(weights.added_v, encoded, parts[1]))};
  }
  return {to_heads(t5, linear(encoded, weights.k, weights.added_k)),
          to_heads(t5, linear(encoded, weights.v, weights.added_v))};
}

KeyValue select_rows(const T5& t5, const KeyValue& key_value, const at::Tensor& rows) {
  if (!key_value.packed.defined()) {
    return {key_value.key.index_select(0, rows), key_value.value.index_select(0, rows)};
  }
  const at::Tensor packed = key_value.packed.index_select(0, rows);
  const std::int64_t parts = packed.size(2) / (t5.config.num_heads * t5.config.d_kv);
  const auto heads = split_heads(t5, packed, parts);
  return {heads[static_cast<std::size_t>(parts - 2)], heads.back(), packed};
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

AttentionBias encoder_bias(const T5& t5, const at::Tensor& mask) {
  const std::int64_t prefix = prefix_length(t5.encoder.front().attention);
  const std::int64_t length = mask.size(1);
  const Span span{Direction::kBidirectional, 0, length, length};
  if (has_kernel(t5, t5.encoder_bias, prefix)) {
    return {.kernel = fused::AttentionBias{by_distance(t5, t5.encoder_bias, span), mask, true}};
  }
  return {self_bias(t5, t5.encoder_bias, prefix, span) + additive_mask(mask, t5.type, prefix)};
}

AttentionBias decoder_bias(const T5& t5, std::int64_t first_query, std::int64_t queries) {
  const std::int64_t prefix = prefix_length(t5.decoder.front().self_attention);
  const Span span{Direction::kCausal, first_query, queries, first_query + queries};
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  if (has_kernel(t5, t5.decoder_bias, prefix)) {
    at::Tensor bias = by_distance(t5, t5.decoder_bias, span);
    // A key k after query q: distance index k - q + Q - 1 beyond that of the query itself.
    bias = bias.slice(1, 0, span.keys);
    if (queries > 1) bias = at::constant_pad_nd(bias, {0, queries - 1}, kNever);
    return {.kernel = fused::AttentionBias{bias, {}, false}};
  }
  const at::Tensor bias = self_bias(t5, t5.decoder_bias, prefix, span);
  if (queries == 1) return {bias};
  const at::Tensor future =
      at::full({queries, queries}, kNever, at::TensorOptions().dtype(t5.type).device(t5.device))
          .triu_(1);
  return {bias + at::constant_pad_nd(future, {prefix, 0}, 0)};
}

AttentionBias cross_bias(const T5& t5, const at::Tensor& mask) {
  const std::int64_t prefix = prefix_length(t5.decoder.front().cross_attention);
  if (has_kernel(t5, {}, prefix)) return {.kernel = fused::AttentionBias{{}, mask, false}};
  return {additive_mask(mask, t5.type, prefix)};
}

AttentionBias select_rows(const AttentionBias& cross_bias, const at::Tensor& rows) {
  AttentionBias selected = cross_bias;
  if (selected.kernel) {
    selected.kernel->key_mask = selected.kernel->key_mask.index_select(0, rows);
  } else {
    selected.added = selected.added.index_select(0, rows);
  }
  return selected;
}

at::Tensor attend(const AttentionWeights& weights, const at::Tensor& query,
                  const KeyValue& key_value, const AttentionBias& attention_bias,
                  Dropout& dropout) {
  if (attention_bias.kernel) {
    return linear(fused::attention(kernel_inputs(query, key_value), *attention_bias.kernel,
                                   dropout.next_draw()),
                  weights.o, weights.added_o);
  }
  const at::Tensor& bias = attention_bias.added;
  at::Tensor mixed;  // [B, H, Q, dk]
  const bool is_trained_on_gpu = query.is_cuda() && c10::GradMode::is_enabled();
  if (dropout.is_active() || is_trained_on_gpu) {
    // Dropout on the weights needs our own random stream, which the fused kernel cannot take. On a
    // GPU its gradients are not reproducible.
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

}  // namespace attempt::model
