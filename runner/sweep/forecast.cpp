#include "runner/sweep/forecast.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "runner/sweep/mixing.h"

namespace attempt::sweep {

namespace {

constexpr double kNinetyPercent = 1.645;  // quantile of the normal distribution at 0.95
constexpr double kProbedMemorySpread = 0.1;
constexpr double kGuessedMemorySpread = 0.5;
constexpr double kSliceSecondsLost = 60;  // start, and checkpoints before the limit
constexpr double kSecondsPerHour = 3600;
constexpr double kMillion = 1e6;

/// How far some trials are misjudged together: those of one kind alike, kinds each for itself.
class Errors {
 public:
  void add(const PlannedTrial& trial) {
    // Without a measurement all are misjudged alike: by what the machine is.
    seconds_[trial.is_measured ? trial.kind : ""] += trial.estimated_seconds * trial.spread;
  }
  /// Standard deviation of the logarithm of their time, which is `total`.
  double spread_of(double total) const {
    double squares = 0;
    for (const auto& [kind, error] : seconds_) squares += error * error;
    return total > 0 ? std::sqrt(squares) / total : 0;
  }

 private:
  std::map<std::string, double> seconds_;  ///< by kind
};

}  // namespace

Interval interval_of(double middle, double spread) {
  const double factor = std::exp(kNinetyPercent * spread);
  return {middle / factor, middle, middle * factor};
}

std::vector<MethodWork> work_by_method(const Plan& plan) {
  std::vector<MethodWork> groups;
  std::vector<Errors> errors;
  std::map<std::array<std::string, 3>, std::size_t> places;
  const auto group_of = [&](const std::string& phase, const std::string& method,
                            const std::string& variant) {
    const auto [place, is_new] = places.try_emplace({phase, method, variant}, groups.size());
    if (is_new) groups.push_back({.phase = phase, .method = method, .variant = variant});
    return place->second;
  };
  for (const PlannedTrial& trial : plan.trials) {
    const TrialSpec& spec = trial.spec;
    const std::size_t place = group_of(spec.phase, spec.method, spec.variant);
    errors.resize(groups.size());
    MethodWork& group = groups[place];
    ++group.trials;
    group.measured += trial.is_measured;
    group.examples += static_cast<double>(trained_examples(spec.tasks, spec.train));
    group.seconds.middle += trial.estimated_seconds;
    errors[place].add(trial);
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const double middle = groups[i].seconds.middle;
    groups[i].seconds = interval_of(middle, std::hypot(kStudySpread, errors[i].spread_of(middle)));
  }
  for (const PlannedSearch& search : plan.searches) {
    if (search.later_seconds <= 0) continue;  // nothing left, or nothing known to judge it by
    MethodWork& later = groups[group_of("later", search.method, search.variant)];
    const MethodWork& known = groups[places.at({"search", search.method, search.variant})];
    const double share = search.later_seconds / known.seconds.middle;
    later.trials += search.later_trials;
    later.examples += share * known.examples;
    later.seconds.low += share * known.seconds.low;
    later.seconds.middle += search.later_seconds;
    later.seconds.high += share * known.seconds.high;
  }
  return groups;
}

double MethodWork::hours_a_million() const {
  return examples > 0 ? seconds.middle / kSecondsPerHour / (examples / kMillion) : 0;
}

WorkForecast forecast_work(const Plan& plan) {
  WorkForecast work;
  Errors errors;
  double total = 0;
  bool is_largest_measured = false;
  for (const PlannedTrial& trial : plan.trials) {
    total += trial.estimated_seconds;
    errors.add(trial);
    work.largest_spread = std::max(work.largest_spread, trial.spread);
    work.measured += trial.is_measured;
    ++work.trials;
    if (static_cast<double>(trial.memory_bytes) > work.memory_bytes.middle) {
      work.memory_bytes.middle = static_cast<double>(trial.memory_bytes);
      is_largest_measured = trial.is_measured;
    }
  }
  work.kind_variance = std::pow(errors.spread_of(total), 2);
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
