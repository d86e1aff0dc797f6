#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include "runner/cli/schedule_forecast.h"
#include "runner/sweep/expand.h"
#include "tests/runner/sweep/sample_study.h"

namespace {

using namespace attempt;

/// No schedule ends earlier: of the k * devices + 1 longest trials some device runs k + 1.
double least_by_counting(const sweep::Plan& plan, std::int64_t devices) {
  std::vector<double> seconds;
  for (const auto& trial : plan.trials) seconds.push_back(trial.estimated_seconds);
  std::sort(seconds.begin(), seconds.end(), std::greater<>());
  const auto width = static_cast<std::size_t>(devices);
  double least = 0;
  for (std::size_t k = 1; k * width < seconds.size(); ++k) {
    const auto last = seconds.begin() + static_cast<std::ptrdiff_t>(k * width);
    least = std::max(least, std::accumulate(last - static_cast<std::ptrdiff_t>(k), last + 1, 0.0));
  }
  return least;
}

/// No schedule ends earlier: all that needs a trial comes after it, on so many devices.
class WaitingBound {
 public:
  explicit WaitingBound(const sweep::Plan& plan) {
    for (const auto& trial : plan.trials) {
      trials_[trial.spec.trial_id] = &trial;
      for (const std::string& id : trial.spec.depends_on) {
        dependents_[id].push_back(trial.spec.trial_id);
      }
    }
  }
  double least(std::int64_t devices) {
    double least = 0;
    for (const auto& [id, trial] : trials_) {
      std::set<std::string> behind;
      add_behind(id, behind);
      double work = 0;
      for (const std::string& other : behind) work += trials_.at(other)->estimated_seconds;
      least = std::max(least, earliest_end(id) + work / static_cast<double>(devices));
    }
    return least;
  }

 private:
  void add_behind(const std::string& id, std::set<std::string>& behind) {
    for (const std::string& other : dependents_[id]) {
      if (behind.insert(other).second) add_behind(other, behind);
    }
  }
  double earliest_end(const std::string& id) {
    double start = 0;
    for (const std::string& needed : trials_.at(id)->spec.depends_on) {
      start = std::max(start, earliest_end(needed));
    }
    return start + trials_.at(id)->estimated_seconds;
  }

  std::map<std::string, const sweep::PlannedTrial*> trials_;
  std::map<std::string, std::vector<std::string>> dependents_;
};

}  // namespace

/// The schedules of sweeps, planned on T5-base's shape and the official sizes of all tasks without
/// any file, as a Markdown table: schedules SWEEP.toml...
int main(int argc, char** argv) {
  fmt::print(
      "| sweep | trials | devices | idle | over bound | over the best bound | with a "
      "barrier "
      "| first in, first out | longest first |\n|---|---|---|---|---|---|---|---|---|\n");
  for (int i = 1; i < argc; ++i) {
    try {
      sweep::test::SampleInputs inputs;
      const sweep::Plan plan = sweep::expand(config::read_sweep(argv[i], {}), inputs);
      for (const cli::ScheduleForecast& f : cli::forecast_schedule(plan, {8, 64, 512})) {
        const auto more = [&](double other) { return 100 * (other / f.makespan - 1); };
        const double least = std::max(
            {f.bound, least_by_counting(plan, f.devices), WaitingBound(plan).least(f.devices)});
        fmt::print(
            "| {} | {} | {} | {:.0f} % | {:.1f} % | {:.1f} % | {:+.1f} % | {:+.1f} % | {:+.1f} % "
            "|\n",
            plan.name, plan.trials.size(), f.devices, 100 * f.idle,
            100 * (f.makespan / f.bound - 1), 100 * (f.makespan / least - 1), more(f.barrier),
            more(f.as_given), more(f.longest_first));
      }
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}: {}\n", argv[i], error.what());
      return 1;
    }
  }
}
