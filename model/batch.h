#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace attempt::model {

/// One padded batch on the model's device.
struct Batch {
  at::Tensor input_ids;       ///< [B, S] int64, padded with pad_token_id
  at::Tensor attention_mask;  ///< [B, S] bool; true = token
  at::Tensor labels;          ///< [B, T] int64, padded with -100; undefined when only generating
  at::Tensor task_ids;        ///< [B] int64, index into the trial's tasks; zeros for one task
};

/// Loss of a batch as a sum, so that micro-batches of any split add up to the same value.
struct LossSum {
  at::Tensor nll;       ///< scalar float32, sum over target tokens, in nats; carries the gradient
  std::int64_t tokens;  ///< number of target tokens that are not -100
};

/// What a model makes of a batch when it is evaluated.
struct Prediction {
  LossSum loss;       ///< of the labels
  at::Tensor tokens;  ///< [B, N] int64 generated ids, N <= max_new_tokens, without the start token;
                      ///< pad after the end token
};

}  // namespace attempt::model
