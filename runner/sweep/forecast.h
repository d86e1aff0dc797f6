#pragma once

#include <cstdint>

#include "runner/sweep/plan.h"

namespace attempt::sweep {

/// Between low and high it is in 90 of 100 cases.
struct Interval {
  double low = 0;
  double middle = 0;
  double high = 0;
};

/// What the whole of a study deviates by, as its machine is faster or slower on the day: standard
/// deviation of a logarithm. Part of a trial's own spread.
inline constexpr double kStudySpread = 0.06;

/// @param spread  standard deviation of the natural logarithm
Interval interval_of(double middle, double spread);

/// What a plan's trials take together.
struct WorkForecast {
  Interval seconds;           ///< on one device
  double kind_variance = 0;   ///< of its logarithm, from kinds of trials that are misjudged
  double largest_spread = 0;  ///< of a trial
  Interval memory_bytes;      ///< of the largest trial
  std::int64_t trials = 0;
  std::int64_t measured = 0;  ///< trials of kinds that were measured

  /// Of the end on so many devices: fewer trials average out on each.
  Interval wall(double makespan, std::int64_t devices) const;
};

/// With what a search has yet to add.
WorkForecast forecast_work(const Plan& plan);

/// Runs of so many seconds that `wall` takes; each stops a little early, and begins anew what had
/// no checkpoint.
double slices_of(double wall, double limit_seconds);

}  // namespace attempt::sweep
