#include "runner/sweep/forecast.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace attempt::sweep {

namespace {

constexpr double kNinetyPercent = 1.645;  // quantile of the normal distribution at 0.95
constexpr double kProbedMemorySpread = 0.1;
constexpr double kGuessedMemorySpread = 0.5;
constexpr double kSliceSecondsLost = 60;  // start, and checkpoints before the limit

}  // namespace

Interval interval_of(double middle, double spread) {
  const double factor = std::exp(kNinetyPercent * spread);
  return {middle / factor, middle, middle * factor};
}

WorkForecast forecast_work(const Plan& plan) {
  WorkForecast work;
  std::map<std::string, double> errors;  // seconds, by kind
  double total = 0;
  bool is_largest_measured = false;
  for (const PlannedTrial& trial : plan.trials) {
    total += trial.estimated_seconds;
    // Without a measurement all are misjudged alike: by what the machine is.
    errors[trial.is_measured ? trial.kind : ""] += trial.estimated_seconds * trial.spread;
    work.largest_spread = std::max(work.largest_spread, trial.spread);
    work.measured += trial.is_measured;
    ++work.trials;
    if (static_cast<double>(trial.memory_bytes) > work.memory_bytes.middle) {
      work.memory_bytes.middle = static_cast<double>(trial.memory_bytes);
      is_largest_measured = trial.is_measured;
    }
  }
  // Trials of one kind are misjudged alike, kinds each for itself.
  for (const auto& [kind, error] : errors) {
    if (total > 0) work.kind_variance += (error / total) * (error / total);
  }
  double later = 0;
  for (const PlannedSearch& search : plan.searches) later += search.later_seconds;
  work.seconds =
      interval_of(total + later, std::sqrt(kStudySpread * kStudySpread + work.kind_variance));
  work.memory_bytes = interval_of(work.memory_bytes.middle,
                                  is_largest_measured ? kProbedMemorySpread : kGuessedMemorySpread);
  return work;
}

Interval WorkForecast::wall(double makespan, std::int64_t devices) const {
  const double own =
      std::min(kind_variance * static_cast<double>(devices), largest_spread * largest_spread);
  return interval_of(makespan, std::sqrt(kStudySpread * kStudySpread + own));
}

double slices_of(double wall, double limit_seconds) {
  const double used = std::max(limit_seconds / 2, limit_seconds - kSliceSecondsLost);
  return std::max(1.0, std::ceil(wall / used));
}

}  // namespace attempt::sweep
