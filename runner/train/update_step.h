#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <cmath>
#include <cstdint>
#include <optional>
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
  /// Of the method's parameters, the first whose gradient is not finite.
  std::optional<std::size_t> bad_gradient;

  bool is_finite() const { return std::isfinite(loss) && std::isfinite(gradient_norm); }
};

/// Sums over the batch whose gradients stand in the parameters.
struct LossTotals {
  at::Tensor nll;           ///< scalar float64
  std::int64_t tokens = 0;  ///< what the sum is divided by
};

/// An update whose numbers a GPU may still be working on.
class PendingUpdate {
 public:
  /// Waits for the numbers; any number of times.
  UpdateResult wait() const;

 private:
  friend PendingUpdate apply_gradients(model::Method&, Optimizer&, const LossTotals&,
                                       const UpdateOptions&);
  friend PendingUpdate start_update(model::Method&, Optimizer&, model::Dropout&,
                                    std::span<const model::Batch>, const UpdateOptions&,
                                    LossGraphs*);
  /// Of a micro-batch, on the host: [B] each.
  struct Rows {
    at::Tensor nll, tokens, task;
  };

  double divisor_ = 1;     ///< target tokens
  std::size_t tasks_ = 0;  ///< that are told apart
  at::Tensor numbers_;     ///< [2] float64 on the host: gradient norm, sum of the loss
  at::Tensor norms_;       ///< of each parameter's gradient, on the device
  std::vector<std::size_t> with_gradient_;  ///< the parameters they are of
  std::vector<Rows> rows_;                  ///< of the micro-batches, where tasks are told apart
  std::optional<c10::Event> are_copied_;    ///< when all of this is on the host; none on a CPU
};

/// The second half of start_update(): mean, norm, clipping, update.
PendingUpdate apply_gradients(model::Method& method, Optimizer& optimizer, const LossTotals& totals,
                              const UpdateOptions& options);

/// One optimiser step: losses of the micro-batches are added as sums over target tokens and divided
/// once by all tokens, so the result does not depend on the split. Returns when the work is queued;
/// on a CPU it is done then. Where loss or gradient are not finite, parameters stay finite: a CPU
/// updates nothing and leaves the gradients for a look at them, a GPU takes zeros for gradients.
/// @param graphs  of this method and dropout; null: every pass is launched anew
PendingUpdate start_update(model::Method& method, Optimizer& optimizer, model::Dropout& dropout,
                           std::span<const model::Batch> micro_batches,
                           const UpdateOptions& options, LossGraphs* graphs = nullptr);

/// start_update() and its wait().
UpdateResult update_step(model::Method& method, Optimizer& optimizer, model::Dropout& dropout,
                         std::span<const model::Batch> micro_batches, const UpdateOptions& options,
                         LossGraphs* graphs = nullptr);

}  // namespace attempt::train
