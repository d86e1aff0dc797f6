#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/shapes/t5_config.h"

namespace attempt::model {

enum class Direction { kBidirectional, kCausal };

/// Bucket of a distance (key position - query position); methods.md section 1.4. Computed on the
/// host with a float32 logarithm, never on a device.
std::int64_t relative_position_bucket(std::int64_t relative_position, Direction direction,
                                      std::int64_t num_buckets, std::int64_t max_distance);

/// Bias of every head for queries first_query .. first_query + queries - 1 over `keys` keys.
/// @param table  [buckets, H], layer 0's relative_attention_bias
/// @return [1, H, queries, keys] in the table's type
at::Tensor position_bias(const at::Tensor& table, const T5Config& config, Direction direction,
                         std::int64_t first_query, std::int64_t queries, std::int64_t keys);

}  // namespace attempt::model
