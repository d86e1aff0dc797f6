#include "datasets/mixed_order.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <stdexcept>

namespace attempt::datasets {

namespace {

std::int64_t sum_of(const std::vector<std::int64_t>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
}

std::int64_t batches_of(std::int64_t examples, std::int64_t batch_size) {
  return (examples + batch_size - 1) / batch_size;
}

/// A stream of its own for two numbers below a seed (finaliser of SplitMix64).
std::uint64_t stream(std::uint64_t seed, std::int64_t first, std::int64_t second) {
  for (const std::int64_t part : {first, second}) {
    seed += 0x9E3779B97F4A7C15ULL * (static_cast<std::uint64_t>(part) + 1);
    seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EBULL;
    seed ^= seed >> 31;
  }
  return seed;
}

/// Uniform in [0, 1); std::uniform_real_distribution differs between standard libraries.
double uniform(std::mt19937_64& engine) { return static_cast<double>(engine() >> 11) * 0x1p-53; }

}  // namespace

std::vector<double> mixing_probabilities(const std::vector<std::int64_t>& sizes,
                                         double temperature) {
  std::vector<double> weights;
  const auto all = static_cast<double>(sum_of(sizes));
  for (const std::int64_t size : sizes) {
    weights.push_back(std::pow(static_cast<double>(size) / all, 1 / temperature));
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

std::int64_t steps_per_epoch(const std::vector<std::int64_t>& sizes, std::int64_t batch_size,
                             const MixingRule& rule) {
  if (!rule.is_single_task || rule.temperature) return batches_of(sum_of(sizes), batch_size);
  std::int64_t steps = 0;
  for (const std::int64_t size : sizes) steps += batches_of(size, batch_size);
  return steps;
}

MixedOrder::MixedOrder(std::vector<std::int64_t> sizes, std::int64_t batch_size, std::uint64_t seed,
                       const MixingRule& rule, bool shuffle, std::vector<std::int32_t> lengths)
    : sizes_(std::move(sizes)),
      batch_size_(batch_size),
      seed_(seed),
      rule_(rule),
      shuffle_(shuffle),
      steps_per_epoch_(datasets::steps_per_epoch(sizes_, batch_size, rule)),
      together_(sum_of(sizes_), batch_size, seed, shuffle, std::move(lengths)) {
  if (std::any_of(sizes_.begin(), sizes_.end(), [](std::int64_t size) { return size <= 0; }))
    throw std::logic_error("MixedOrder needs examples of every task");
  if (rule_.temperature) {
    cumulative_ = mixing_probabilities(sizes_, *rule_.temperature);
    std::partial_sum(cumulative_.begin(), cumulative_.end(), cumulative_.begin());
  }
}

std::vector<MixedRow> MixedOrder::batch(std::int64_t step) {
  if (rule_.temperature) return drawn(step);
  if (rule_.is_single_task) return of_one_task(step);
  std::vector<MixedRow> rows;
  for (std::int64_t place : together_.batch(step)) {
    MixedRow row;
    while (place >= sizes_[static_cast<std::size_t>(row.task)]) {
      place -= sizes_[static_cast<std::size_t>(row.task++)];
    }
    row.index = place;
    rows.push_back(row);
  }
  return rows;
}

std::vector<MixedRow> MixedOrder::drawn(std::int64_t step) const {
  std::mt19937_64 engine(stream(seed_, step, 0));
  const auto draw_task = [&] {
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), uniform(engine));
    return std::min<std::int64_t>(found - cumulative_.begin(),
                                  static_cast<std::int64_t>(sizes_.size()) - 1);
  };
  std::vector<MixedRow> rows(static_cast<std::size_t>(batch_size_));
  std::int64_t task = draw_task();
  for (MixedRow& row : rows) {
    if (!rule_.is_single_task && &row != &rows.front()) task = draw_task();
    const auto size = static_cast<std::uint64_t>(sizes_[static_cast<std::size_t>(task)]);
    row = {task, static_cast<std::int64_t>(engine() % size)};
  }
  return rows;
}

void MixedOrder::order_tasks(std::int64_t epoch) {
  std::vector<MixedRow> batches;
  orders_.clear();
  for (std::int64_t task = 0; task < static_cast<std::int64_t>(sizes_.size()); ++task) {
    const std::int64_t size = sizes_[static_cast<std::size_t>(task)];
    std::vector<std::int64_t>& order = orders_.emplace_back(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), 0);
    if (shuffle_) order = permutation(size, stream(seed_, epoch, task + 1));
    for (std::int64_t first = 0; first < size; first += batch_size_)
      batches.push_back({task, first});
  }
  batches_ = batches;
  if (shuffle_) {
    const auto places = permutation(steps_per_epoch_, stream(seed_, epoch, 0));
    for (std::size_t i = 0; i < places.size(); ++i)
      batches_[i] = batches[static_cast<std::size_t>(places[i])];
  }
  cached_epoch_ = epoch;
}

std::vector<MixedRow> MixedOrder::of_one_task(std::int64_t step) {
  if (step / steps_per_epoch_ != cached_epoch_) order_tasks(step / steps_per_epoch_);
  const MixedRow& first = batches_[static_cast<std::size_t>(step % steps_per_epoch_)];
  const std::vector<std::int64_t>& order = orders_[static_cast<std::size_t>(first.task)];
  const std::int64_t last =
      std::min(first.index + batch_size_, static_cast<std::int64_t>(order.size()));
  std::vector<MixedRow> rows;
  for (std::int64_t i = first.index; i < last; ++i)
    rows.push_back({first.task, order[static_cast<std::size_t>(i)]});
  return rows;
}

}  // namespace attempt::datasets
