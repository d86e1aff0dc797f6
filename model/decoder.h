#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/attention.h"
#include "model/encoder.h"

namespace attempt::model {

/// Keys and values that a decoder keeps between steps of a generation; one entry a layer.
struct DecoderCache {
  std::vector<KeyValue> self;   ///< grows by one position a step
  std::vector<KeyValue> cross;  ///< of the encoder's output, computed once
  at::Tensor cross_mask;        ///< additive [B, 1, 1, S]
};

/// Cross-attention keys and values of all layers; self-attention empty.
DecoderCache make_decoder_cache(const T5& t5, const Encoded& encoded);

/// Runs the decoder on all positions at once (teacher forcing), causally masked.
/// @param input_ids  [B, T] int64, the labels shifted right
/// @return [B, T, D] after the final norm
at::Tensor decode(const T5& t5, const at::Tensor& input_ids, const Encoded& encoded,
                  Dropout& dropout, std::vector<at::Tensor>* block_outputs = nullptr);

/// Runs one further position without dropout and extends the cache.
/// @param input_ids  [B, 1] int64
/// @return [B, 1, D] after the final norm
at::Tensor decode_step(const T5& t5, const at::Tensor& input_ids, DecoderCache& cache);

/// Vocabulary logits in float32. Tied heads scale by D^-0.5. @param hidden [..., D]
at::Tensor output_logits(const T5& t5, const at::Tensor& hidden);

}  // namespace attempt::model
