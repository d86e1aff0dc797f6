#pragma once

#include <ATen/core/Tensor.h>

#include <compare>
#include <cstdint>
#include <map>

#include "model/shapes/t5_config.h"

namespace attempt::model {

enum class Direction { kBidirectional, kCausal };

/// Bucket of a distance (key position - query position); methods.md section 1.4. Computed on the
/// host with a float32 logarithm, never on a device.
std::int64_t relative_position_bucket(std::int64_t relative_position, Direction direction,
                                      std::int64_t num_buckets, std::int64_t max_distance);

/// Queries first_query .. first_query + queries - 1 over keys 0 .. keys - 1.
struct Span {
  Direction direction = Direction::kBidirectional;
  std::int64_t first_query = 0, queries = 0, keys = 0;

  auto operator<=>(const Span&) const = default;
};

/// Buckets of all distances of a span, computed on the host and kept on the device: a captured pass
/// cannot copy from the host. Not thread-safe.
class DistanceBuckets {
 public:
  /// [queries + keys - 1] int64; of query q and key k stands at k - q + queries - 1, both from 0.
  const at::Tensor& of(const T5Config& config, const Span& span, const at::Device& device);

 private:
  std::map<Span, at::Tensor> known_;
};

/// Bias of every head by distance. @param table  [buckets, H], layer 0's relative_attention_bias
/// @return [H, queries + keys - 1] in the table's type, in the order of the buckets
at::Tensor bias_by_distance(const at::Tensor& table, const at::Tensor& buckets);

/// The same for each query and key. @return [1, H, queries, keys]
at::Tensor position_bias(const at::Tensor& by_distance, const Span& span);

}  // namespace attempt::model
