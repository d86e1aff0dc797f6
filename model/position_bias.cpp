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

at::Tensor position_bias(const at::Tensor& table, const T5Config& config, Direction direction,
                         std::int64_t first_query, std::int64_t queries, std::int64_t keys) {
  // A bucket depends on the distance alone: one entry a diagonal, gathered into the square.
  std::vector<std::int64_t> bucket_of_distance(static_cast<std::size_t>(queries + keys - 1));
  const std::int64_t smallest = -(first_query + queries - 1);
  for (std::size_t i = 0; i < bucket_of_distance.size(); ++i) {
    bucket_of_distance[i] = relative_position_bucket(
        smallest + static_cast<std::int64_t>(i), direction, config.relative_attention_num_buckets,
        config.relative_attention_max_distance);
  }
  const auto options = at::TensorOptions().dtype(at::kLong);
  const at::Tensor buckets = at::tensor(bucket_of_distance, options).to(table.device());
  const at::Tensor by_distance = table.index_select(0, buckets).t();  // [H, queries + keys - 1]
  // Row q holds the distances first_query + q below zero up to keys - 1 - first_query - q:
  // element [q, k] of the square is diagonal queries - 1 - q + k.
  const auto long_options = options.device(table.device());
  const at::Tensor index = at::arange(queries - 1, -1, -1, long_options).unsqueeze(1) +
                           at::arange(keys, long_options).unsqueeze(0);
  return by_distance.index_select(1, index.reshape({-1}))
      .reshape({1, table.size(1), queries, keys});
}

}  // namespace attempt::model
