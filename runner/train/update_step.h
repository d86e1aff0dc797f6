#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/dropout.h"
#include "model/method.h"
#include "runner/train/loss_graphs.h"
#include "runner/train/optimizer.h"

namespace attempt::train {

struct UpdateOptions {
  double learning_rate_factor = 1;
  double gradient_clip = 1.0;  ///< 0: off
  std::int64_t tasks = 0;      ///< of a multi-task trial, whose losses are told apart; 0: one task
};

struct UpdateResult {
  double loss = 0;  ///< mean over the target tokens of all micro-batches, before the update
  double gradient_norm = 0;       ///< before clipping
  std::vector<double> task_loss;  ///< the same mean over the rows of each task; NaN without rows
};

/// Sums over the batch whose gradients stand in the parameters.
struct LossTotals {
  double nll = 0;
  std::int64_t tokens = 0;  ///< what the sum is divided by
};

/// The second half of update_step(): mean, norm, clipping, update.
UpdateResult apply_gradients(model::Method& method, Optimizer& optimizer, const LossTotals& totals,
                             const UpdateOptions& options);

/// One optimiser step: losses of the micro-batches are added as sums over target tokens and divided
/// once by all tokens, so the result does not depend on the split. Nothing is updated when loss or
/// gradient are not finite; the gradients are then left for a look at them.
/// @param graphs  of this method and dropout; null: every pass is launched anew
UpdateResult update_step(model::Method& method, Optimizer& optimizer, model::Dropout& dropout,
                         std::span<const model::Batch> micro_batches, const UpdateOptions& options,
                         LossGraphs* graphs = nullptr);

}  // namespace attempt::train
