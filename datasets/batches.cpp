#include "datasets/batches.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>

namespace attempt::datasets {

std::vector<std::int64_t> permutation(std::int64_t n, std::uint64_t seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 engine(static_cast<std::uint32_t>(seed));
  for (std::int64_t i = 0; i + 1 < n; ++i) {
    const std::int64_t offset =
        static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(n - i));
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(i + offset)]);
  }
  return order;
}

TokenBatch collate(std::span<const BatchRow> rows) {
  TokenBatch batch;
  batch.rows = static_cast<std::int64_t>(rows.size());
  const auto length = [](std::span<const std::int32_t> ids, std::int64_t maximum) {
    return std::min(static_cast<std::int64_t>(ids.size()) + 1, maximum);
  };
  for (const BatchRow& row : rows) {
    const CollateOptions& options = *row.options;
    const auto source = row.split->source_ids(row.example);
    batch.source_length = std::max(
        batch.source_length, options.pad_to_max_source ? options.max_source_length
                                                       : length(source, options.max_source_length));
    batch.target_length = std::max(
        batch.target_length, length(row.split->target_ids(row.example), options.max_target_length));
    if (static_cast<std::int64_t>(source.size()) + 1 > options.max_source_length)
      ++batch.truncated_sources;
    batch.examples.push_back(row.example);
    batch.task_ids.push_back(options.task_id);
  }

  batch.input_ids.assign(static_cast<std::size_t>(batch.rows * batch.source_length), kPadId);
  batch.attention_mask.assign(static_cast<std::size_t>(batch.rows * batch.source_length), 0);
  batch.labels.assign(static_cast<std::size_t>(batch.rows * batch.target_length), -100);
  for (std::int64_t i = 0; i < batch.rows; ++i) {
    const BatchRow& row = rows[static_cast<std::size_t>(i)];
    const auto source =
        truncate_with_eos(row.split->source_ids(row.example), row.options->max_source_length);
    const auto target =
        truncate_with_eos(row.split->target_ids(row.example), row.options->max_target_length);
    std::copy(source.begin(), source.end(), batch.input_ids.begin() + i * batch.source_length);
    std::fill_n(batch.attention_mask.begin() + i * batch.source_length, source.size(),
                std::uint8_t{1});
    std::copy(target.begin(), target.end(), batch.labels.begin() + i * batch.target_length);
  }
  return batch;
}

TokenBatch collate(const TokenizedSplit& split, std::span<const std::int64_t> examples,
                   const CollateOptions& options) {
  std::vector<BatchRow> rows;
  for (const std::int64_t example : examples) rows.push_back({&split, example, &options});
  return collate(rows);
}

TrainOrder::TrainOrder(std::int64_t examples, std::int64_t batch_size, std::uint64_t seed,
                       bool shuffle)
    : examples_(examples), batch_size_(batch_size), seed_(seed), shuffle_(shuffle) {
  if (examples <= 0 || batch_size <= 0)
    throw std::logic_error("TrainOrder needs examples and a batch size");
}

std::int64_t TrainOrder::steps_per_epoch() const {
  return (examples_ + batch_size_ - 1) / batch_size_;
}

std::vector<std::int64_t> TrainOrder::batch(std::int64_t step) {
  const std::int64_t epoch = step / steps_per_epoch();
  if (epoch != cached_epoch_) {
    if (shuffle_) {
      order_ = permutation(examples_, seed_ + static_cast<std::uint64_t>(epoch));
    } else {
      order_.resize(static_cast<std::size_t>(examples_));
      std::iota(order_.begin(), order_.end(), 0);
    }
    cached_epoch_ = epoch;
  }
  const std::int64_t first = step % steps_per_epoch() * batch_size_;
  const std::int64_t last = std::min(first + batch_size_, examples_);
  return {order_.begin() + first, order_.begin() + last};
}

}  // namespace attempt::datasets
