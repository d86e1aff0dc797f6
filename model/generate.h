#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/batch.h"
#include "model/decoder.h"
#include "model/encoder.h"
#include "model/t5.h"

namespace attempt::model {

/// Ids that are known before greedy decoding starts.
struct GeneratedStart {
  at::Tensor ids;              ///< [B, m] int64, m >= 1, none of them the end token
  std::vector<KeyValue> past;  ///< self-attention's keys and values of the first m positions, whose
                               ///< inputs are the start token and all but the last of `ids`
};

/// Greedy decoding with a key/value cache: the most likely id (the lowest on ties) until the end
/// token or max_new_tokens. Without gradient or dropout.
/// @return [B, N] int64, N <= max_new_tokens; start token left out; pad after the end token
at::Tensor generate_greedy(const T5& t5, const CrossAttention& cross, std::int64_t max_new_tokens,
                           GeneratedStart start = {});

/// Loss of the labels and greedy decoding from the same encoding, without gradient or dropout.
///
/// The pass over the labels already shows a row's greedy ids up to the first that is not its label:
/// that far greedy decoding sees what the pass saw. Rows that end there need no decoding of their
/// own, the others go on from there.
/// @param batch  with at least one label in every row (a target holds its end token)
Prediction predict(const T5& t5, const Encoded& encoded, const Batch& batch,
                   std::int64_t max_new_tokens);

}  // namespace attempt::model
