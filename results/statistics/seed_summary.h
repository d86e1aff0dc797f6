#pragma once

#include <cstdint>
#include <vector>

namespace attempt::results {

/// What the seeds of one configuration say by themselves.
struct SeedSummary {
  std::int64_t n = 0;
  double mean = 0;
  double std = 0;  ///< sample standard deviation; 0 for n = 1
  /// 95 % interval of the mean by Student's t; both ends are the mean for n = 1.
  double low = 0;
  double high = 0;
};

/// @param values  one a seed; not empty.
SeedSummary summarize_seeds(const std::vector<double>& values);

}  // namespace attempt::results
