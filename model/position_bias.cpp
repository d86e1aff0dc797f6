#include "model/position_bias.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstdlib>
#include <vector>

namespace attempt::model {

std::int64_t relative_position_bucket(std::int64_t relative_position, Direction direction,
                                      std::int64_t num_buckets, std::int64_t max_distance) {
  std::int64_t offset = 0;
  std::int64_t distance = 0;
  if (direction == Direction::kBidirectional) {
    num_buckets /= 2;
    offset = relative_position > 0 ? num_buckets : 0;
    distance = std::llabs(relative_position);
  } else {
    distance = std::max<std::int64_t>(-relative_position, 0);
  }
  const std::int64_t exact = num_buckets / 2;
  if (distance < exact) return offset + distance;
  const float scaled =
      std::log(static_cast<float>(distance) / static_cast<float>(exact)) /
      static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact))) *
      static_cast<float>(num_buckets - exact);
  return offset + std::min(exact + static_cast<std::int64_t>(scaled), num_buckets - 1);
}

const at::Tensor& DistanceBuckets::of(const T5Config& config, const Span& span,
                                      const at::Device& device) {
  const auto found = known_.find(span);
  if (found != known_.end()) return found->second;
  // A bucket depends on the distance alone: one entry a diagonal.
  std::vector<std::int64_t> buckets(static_cast<std::size_t>(span.queries + span.keys - 1));
  const std::int64_t smallest = -(span.first_query + span.queries - 1);
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    buckets[i] = relative_position_bucket(smallest + static_cast<std::int64_t>(i), span.direction,
                                          config.relative_attention_num_buckets,
                                          config.relative_attention_max_distance);
  }
  const auto options = at::TensorOptions().dtype(at::kLong);
  return known_[span] = at::tensor(buckets, options).to(device);
}

at::Tensor bias_by_distance(const at::Tensor& table, const at::Tensor& buckets) {
  return table.index_select(0, buckets).t();
}

at::Tensor position_bias(const at::Tensor& by_distance, const Span& span) {
  // Element [q, k] of the square is diagonal queries - 1 - q + k.
  const auto options = at::TensorOptions().dtype(at::kLong).device(by_distance.device());
  const at::Tensor index = at::arange(span.queries - 1, -1, -1, options).unsqueeze(1) +
                           at::arange(span.keys, options).unsqueeze(0);
  return by_distance.index_select(1, index.reshape({-1}))
      .reshape({1, by_distance.size(0), span.queries, span.keys});
}

}  // namespace attempt::model
