#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/batch.h"
#include "model/decoder.h"
#include "model/encoder.h"
#include "model/t5.h"

namespace attempt::model {

/// Greedy decoding with a key/value cache: the most likely id (the lowest on ties) until the end
/// token or max_new_tokens. Without gradient or dropout.
/// @return [B, N] int64, N <= max_new_tokens; start token left out; pad after the end token
at::Tensor generate_greedy(const T5& t5, const CrossAttention& cross, std::int64_t max_new_tokens);

/// Loss of the labels and greedy decoding from the same encoding, without gradient or dropout.
Prediction predict(const T5& t5, const Encoded& encoded, const Batch& batch,
                   std::int64_t max_new_tokens);

}  // namespace attempt::model
