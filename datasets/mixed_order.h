#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "datasets/batches.h"

namespace attempt::datasets {

/// How the training sets of several tasks become batches; methods.md section 2.
struct MixingRule {
  /// Empty: in proportion to size, each example once an epoch. A number T: task i is drawn with
  /// probability proportional to (N_i / sum N)^(1/T), its rows with replacement.
  std::optional<double> temperature;
  bool is_single_task = false;  ///< a batch holds rows of one task
};

/// One training example of a mixture.
struct MixedRow {
  std::int64_t task = 0;   ///< place in the list of tasks
  std::int64_t index = 0;  ///< place in the task's own training set
  bool operator==(const MixedRow&) const = default;
};

/// Probability that a drawn row (or batch) is of each task.
std::vector<double> mixing_probabilities(const std::vector<std::int64_t>& sizes,
                                         double temperature);

/// Optimiser steps that see as many rows as the training sets have together; the last batch of an
/// epoch (of a task's share, where batches hold one task) may be short.
std::int64_t steps_per_epoch(const std::vector<std::int64_t>& sizes, std::int64_t batch_size,
                             const MixingRule& rule);

/// Order of the training examples of several tasks. A batch follows from the sizes, the seed and
/// the step alone, so a position is one integer and is exactly resumable. One task in proportion
/// has the order of TrainOrder.
class MixedOrder {
 public:
  /// @param sizes    training examples of each task, all > 0
  /// @param shuffle  false: the lists one after the other in every epoch; nothing to a temperature
  /// @param lengths  of the examples of all tasks, one list after the other: batches of like length
  /// (TrainOrder), for a mixture in proportion whose batches hold all tasks; empty: whatever they
  /// are
  MixedOrder(std::vector<std::int64_t> sizes, std::int64_t batch_size, std::uint64_t seed,
             const MixingRule& rule, bool shuffle, std::vector<std::int32_t> lengths = {});

  std::int64_t steps_per_epoch() const { return steps_per_epoch_; }
  /// Rows of the batch of optimiser step `step` (0-based, over all epochs).
  std::vector<MixedRow> batch(std::int64_t step);

 private:
  std::vector<MixedRow> drawn(std::int64_t step) const;
  std::vector<MixedRow> of_one_task(std::int64_t step);
  void order_tasks(std::int64_t epoch);

  std::vector<std::int64_t> sizes_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  MixingRule rule_;
  bool shuffle_;
  std::int64_t steps_per_epoch_;
  std::vector<double> cumulative_;  ///< of the probabilities, where rows are drawn
  TrainOrder together_;             ///< of all lists concatenated
  // Batches of one task: the epoch they are of, its order of batches and of each task's rows.
  std::int64_t cached_epoch_ = -1;
  std::vector<MixedRow> batches_;  ///< task and first row
  std::vector<std::vector<std::int64_t>> orders_;
};

}  // namespace attempt::datasets
