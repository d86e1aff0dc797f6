#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "model/attention.h"
#include "model/encoded_attention.h"
#include "model/encoder.h"

namespace attempt::model {

/// What the decoder attends to in the encoder's output.
struct CrossAttention {
  std::vector<KeyValue> layers;  ///< keys and values, one entry a decoder layer
  AttentionBias bias;            ///< padding mask
  /// Set instead of `layers` and `bias` where the output itself is attended to.
  std::shared_ptr<const EncodedRows> rows = nullptr;
  at::Tensor mask = {};  ///< [B, S] bool, with `rows`
};

CrossAttention cross_attention(const T5& t5, const Encoded& encoded);

/// For a pass over `queries` positions that nothing is generated from: by the way with the fewest
/// products.
CrossAttention cross_attention_for(const T5& t5, const Encoded& encoded, std::int64_t queries);

/// What some rows of a batch attend to. @param rows [R] int64
CrossAttention select_rows(const T5& t5, const CrossAttention& cross, const at::Tensor& rows);

/// Runs the decoder on all positions at once (teacher forcing), causally masked.
/// @param input_ids  [B, T] int64, the labels shifted right
/// @param past  if given, gets self-attention's keys and values of all positions, as decode_step()
///              takes them
/// @return [B, T, D] after the final norm
at::Tensor decode(const T5& t5, const at::Tensor& input_ids, const CrossAttention& cross,
                  Dropout& dropout, std::vector<at::Tensor>* block_outputs = nullptr,
                  std::vector<KeyValue>* past = nullptr);

/// Runs one further position without dropout.
/// @param input_ids  [B, 1] int64
/// @param past       self-attention's keys and values, one entry a layer; empty at the first
///                   position, grows by one position a call
/// @return [B, 1, D] after the final norm
at::Tensor decode_step(const T5& t5, const at::Tensor& input_ids, const CrossAttention& cross,
                       std::vector<KeyValue>& past);

/// Vocabulary logits in float32. Tied heads scale by D^-0.5. @param hidden [..., D]
at::Tensor output_logits(const T5& t5, const at::Tensor& hidden);

}  // namespace attempt::model
