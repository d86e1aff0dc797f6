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

namespace {

/// Writes the first max_length - 1 ids and the end token. @return ids written
std::int64_t put_ids(std::span<const std::int32_t> ids, std::int64_t max_length,
                     std::int64_t* place) {
  const std::int64_t kept =
      std::min(static_cast<std::int64_t>(ids.size()), std::max<std::int64_t>(max_length - 1, 0));
  std::copy_n(ids.begin(), kept, place);
  place[kept] = kEosId;
  return kept + 1;
}

}  // namespace

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
    const std::int64_t multiple = options.source_multiple;
    batch.source_length = (batch.source_length + multiple - 1) / multiple * multiple;
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
    const std::int64_t source_size =
        put_ids(row.split->source_ids(row.example), row.options->max_source_length,
                batch.input_ids.data() + i * batch.source_length);
    std::fill_n(batch.attention_mask.begin() + i * batch.source_length, source_size,
                std::uint8_t{1});
    put_ids(row.split->target_ids(row.example), row.options->max_target_length,
            batch.labels.data() + i * batch.target_length);
  }
  return batch;
}

TokenBatch collate(const TokenizedSplit& split, std::span<const std::int64_t> examples,
                   const CollateOptions& options) {
  std::vector<BatchRow> rows;
  for (const std::int64_t example : examples) rows.push_back({&split, example, &options});
  return collate(rows);
}

std::vector<std::size_t> like_length_batches(std::span<const std::size_t> lengths,
                                             std::size_t max_rows) {
  std::vector<std::size_t> ends;
  std::size_t begin = 0;
  for (std::size_t row = 1; row <= lengths.size(); ++row) {
    const std::size_t rows = row - begin;
    const bool ends_here = row == lengths.size() || rows == max_rows ||
                           (4 * rows >= max_rows && 10 * lengths[row] < 9 * lengths[begin]);
    if (!ends_here) continue;
    ends.push_back(row);
    begin = row;
  }
  return ends;
}

TrainOrder::TrainOrder(std::int64_t examples, std::int64_t batch_size, std::uint64_t seed,
                       bool shuffle, std::vector<std::int32_t> lengths)
    : examples_(examples),
      batch_size_(batch_size),
      seed_(seed),
      shuffle_(shuffle),
      lengths_(std::move(lengths)) {
  if (examples <= 0 || batch_size <= 0)
    throw std::logic_error("TrainOrder needs examples and a batch size");
  if (!lengths_.empty() && static_cast<std::int64_t>(lengths_.size()) != examples)
    throw std::logic_error("TrainOrder needs a length for every example");
}

void TrainOrder::order_by_length(std::uint64_t epoch_seed) {
  const auto length = [this](std::int64_t example) {
    return lengths_[static_cast<std::size_t>(example)];
  };
  for (std::int64_t first = 0; first < examples_; first += kWindowBatches * batch_size_) {
    const std::int64_t last = std::min(first + kWindowBatches * batch_size_, examples_);
    std::stable_sort(order_.begin() + first, order_.begin() + last,
                     [&](std::int64_t a, std::int64_t b) { return length(a) < length(b); });
  }
  constexpr std::uint64_t kStream = 0x6275636b;  // apart from the permutation of the examples
  const std::vector<std::int64_t> by_length = order_;
  const auto places = permutation(examples_ / batch_size_, epoch_seed ^ kStream);
  auto next = order_.begin();
  for (const std::int64_t place : places) {
    const auto batch = by_length.begin() + place * batch_size_;
    next = std::copy(batch, batch + batch_size_, next);
  }
}

std::int64_t TrainOrder::steps_per_epoch() const {
  return (examples_ + batch_size_ - 1) / batch_size_;
}

std::vector<std::int64_t> TrainOrder::batch(std::int64_t step) {
  const std::int64_t epoch = step / steps_per_epoch();
  if (epoch != cached_epoch_) {
    if (shuffle_) {
      const std::uint64_t epoch_seed = seed_ + static_cast<std::uint64_t>(epoch);
      order_ = permutation(examples_, epoch_seed);
      if (!lengths_.empty()) order_by_length(epoch_seed);
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
