#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace attempt::model {

constexpr std::int64_t kUnknown = -1;

/// How the training loss weighs target tokens.
struct LossRule {
  double label_smoothing = 0;    ///< probability spread evenly over the vocabulary
  bool is_mean_of_rows = false;  ///< every row weighs the same, however long its target
};

/// One padded batch on the model's device.
struct Batch {
  at::Tensor input_ids;       ///< [B, S] int64, padded with pad_token_id
  at::Tensor attention_mask;  ///< [B, S] bool; true = token
  at::Tensor labels;          ///< [B, T] int64, padded with -100; undefined when only generating
  at::Tensor task_ids;        ///< [B] int64, index into the trial's tasks; zeros for one task
  std::int64_t label_tokens = kUnknown;  ///< labels that are not -100
  LossRule loss_rule = {};  ///< of the training loss; an evaluation is the mean over tokens
};

/// Loss of a batch as a sum, so that micro-batches of any split add up to the same value.
struct LossSum {
  at::Tensor nll;       ///< scalar float32, sum over target tokens, in nats; carries the gradient
  std::int64_t tokens;  ///< what `nll` is divided by: target tokens that are not -100; under
                        ///< is_mean_of_rows, where `nll` is a sum of means, rows
  at::Tensor row_nll = {};     ///< [B] float32, the part of each row; no gradient
  at::Tensor row_tokens = {};  ///< [B] int64, its part of `tokens`
};

/// What a model makes of a batch when it is evaluated.
struct Prediction {
  LossSum loss;       ///< of the labels
  at::Tensor tokens;  ///< [B, N] int64 generated ids, N <= max_new_tokens, without the start token;
                      ///< pad after the end token
};

}  // namespace attempt::model
