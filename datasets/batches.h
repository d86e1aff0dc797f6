#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "datasets/token_cache.h"

namespace attempt::datasets {

/// A padded batch as plain arrays, row-major; the trainer wraps them into tensors.
struct TokenBatch {
  std::int64_t rows = 0;                     ///< B
  std::int64_t source_length = 0;            ///< S, longest row
  std::int64_t target_length = 0;            ///< T, longest row
  std::vector<std::int64_t> input_ids;       ///< [B, S], pad 0
  std::vector<std::uint8_t> attention_mask;  ///< [B, S], 1 = token
  std::vector<std::int64_t> labels;          ///< [B, T], pad -100
  std::vector<std::int64_t> task_ids;        ///< [B]
  std::vector<std::int64_t> examples;        ///< [B], indices into the rows' splits
  std::int64_t truncated_sources = 0;
};

struct CollateOptions {
  std::int64_t max_source_length = 256;
  std::int64_t max_target_length = 3;
  std::int64_t source_multiple = 1;  ///< S is rounded up to one, so that few shapes come
  bool pad_to_max_source = false;    ///< compat = "authors"
  std::int64_t task_id = 0;          ///< place of the task among those that are trained together
};

/// One row of a batch that may hold several tasks.
struct BatchRow {
  const TokenizedSplit* split = nullptr;
  std::int64_t example = 0;
  const CollateOptions* options = nullptr;
};

TokenBatch collate(std::span<const BatchRow> rows);

TokenBatch collate(const TokenizedSplit& split, std::span<const std::int64_t> examples,
                   const CollateOptions& options);

/// Consecutive batches of rows that are sorted by length, longest first: each holds at most
/// max_rows and ends, once it holds a quarter of them, before a row that is shorter than 0.9 times
/// its longest. @return the end of every batch, ascending; empty without rows
std::vector<std::size_t> like_length_batches(std::span<const std::size_t> lengths,
                                             std::size_t max_rows);

/// perm(n, seed) of tasks.md 4.1: equal to torch.randperm with a CPU generator.
std::vector<std::int64_t> permutation(std::int64_t n, std::uint64_t seed);

/// Order of training examples: a fresh permutation an epoch, from the trial's seed and the epoch
/// only, whatever the number of threads. A position is one integer, so it is exactly resumable.
///
/// With lengths, batches hold examples of like length: an epoch's permutation is cut into windows
/// of kWindowBatches batches, each window is sorted by length and cut into batches, and the batches
/// of all windows are permuted. The batch that is short, if any, stays last.
class TrainOrder {
 public:
  static constexpr std::int64_t kWindowBatches = 64;

  /// @param shuffle  false: file order in every epoch
  /// @param lengths  of every example; empty: batches whatever the lengths. Only where shuffled.
  TrainOrder(std::int64_t examples, std::int64_t batch_size, std::uint64_t seed, bool shuffle,
             std::vector<std::int32_t> lengths = {});

  std::int64_t steps_per_epoch() const;  ///< ceil(examples / batch_size)
  /// Indices of the batch of optimiser step `step` (0-based, over all epochs); the last batch of an
  /// epoch may be short.
  std::vector<std::int64_t> batch(std::int64_t step);

 private:
  void order_by_length(std::uint64_t epoch_seed);

  std::int64_t examples_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  bool shuffle_;
  std::vector<std::int32_t> lengths_;
  std::int64_t cached_epoch_ = -1;
  std::vector<std::int64_t> order_;
};

}  // namespace attempt::datasets
