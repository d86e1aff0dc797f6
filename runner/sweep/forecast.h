#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

/// What the trials of one method or variant take together, or the source trials of one.
struct MethodWork {
  std::string phase;   ///< "source", "search", "target"; "later": what its searches have yet to add
  std::string method;  ///< registry id
  std::string variant;  ///< name of the [variant.X] or ""
  std::int64_t trials = 0;
  std::int64_t measured = 0;  ///< of kinds that were measured
  double examples = 0;        ///< that are trained on, each as often as it comes
  Interval seconds;           ///< on one device, evaluations included

  /// Device hours a million examples; 0 of what trains nothing.
  double hours_a_million() const;
};

/// In the order in which they come in the plan, and what is to come last: together all that
/// forecast_work() foresees. Later trials take what those known of the search's method take.
std::vector<MethodWork> work_by_method(const Plan& plan);

/// Runs of so many seconds that `wall` takes; each stops a little early, and begins anew what had
/// no checkpoint.
double slices_of(double wall, double limit_seconds);

}  // namespace attempt::sweep
