#pragma once

#include "model/batch.h"
#include "model/decoder.h"
#include "model/dropout.h"
#include "model/encoder.h"
#include "model/t5.h"

namespace attempt::model {

/// Decoder input of labels: start token, then the labels shifted by one, -100 replaced by pad.
/// @param labels [B, T] int64
at::Tensor shift_right(const T5Config& config, const at::Tensor& labels);

/// What a pass over the labels shows besides their loss.
struct LabelPass {
  /// [B, T] int64: the most likely id (the lowest on ties) after the labels before it; undefined
  /// values where there is no label
  at::Tensor predicted;
  std::vector<KeyValue> past;  ///< as decode() gives it
};

/// Negative log-likelihood of the labels in float32, summed over tokens that are not -100.
/// @param label_tokens  their number, where it is known: a pass on a GPU then never waits for it
/// @param pass  if given, is filled
LossSum label_loss(const T5& t5, const CrossAttention& cross, const at::Tensor& labels,
                   Dropout& dropout, const LossRule& rule = {},
                   std::int64_t label_tokens = kUnknown, LabelPass* pass = nullptr);
LossSum label_loss(const T5& t5, const Encoded& encoded, const at::Tensor& labels, Dropout& dropout,
                   const LossRule& rule = {}, std::int64_t label_tokens = kUnknown);

}  // namespace attempt::model
