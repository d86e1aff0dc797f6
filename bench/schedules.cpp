#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <random>
#include <string_view>

#include "runner/cli/schedule_forecast.h"
#include "runner/schedule/plan_queue.h"
#include "runner/schedule/simulation.h"
#include "runner/sweep/expand.h"
#include "tests/runner/sweep/sample_study.h"

using namespace attempt;

namespace {

constexpr int kScatteredSets = 20;

void print_schedules(const sweep::Plan& plan, const std::vector<std::int64_t>& devices) {
  for (const cli::ScheduleForecast& f : cli::forecast_schedule(plan, devices)) {
    const auto more = [&](double other) { return 100 * (other / f.makespan - 1); };
    fmt::print(
        "| {} | {} | {} | {:.0f} % | {:.1f} % | {:.1f} % | {:+.1f} % | {:+.1f} % | {:+.1f} % "
        "| {:+.1f} % |\n",
        plan.name, plan.trials.size(), f.devices, 100 * f.idle, 100 * (f.makespan / f.bound - 1),
        100 * (f.makespan / f.least - 1), more(f.critical_path), more(f.barrier), more(f.as_given),
        more(f.longest_first));
  }
}

/// Makespans over the bound where trials take other times than the estimates that order them.
void print_scattered(const sweep::Plan& plan, const std::vector<std::int64_t>& devices,
                     double deviation) {
  const std::vector<schedule::QueueNode> nodes = schedule::queue_nodes(plan, {});
  for (const std::int64_t count : devices) {
    std::mt19937 random(7);
    std::lognormal_distribution<double> factor(-deviation * deviation / 2, deviation);
    double planned = 0;
    double critical_path = 0;
    for (int set = 0; set < kScatteredSets; ++set) {
      std::vector<double> seconds;
      std::vector<schedule::QueueNode> taken = nodes;
      for (schedule::QueueNode& node : taken) {
        node.estimated_seconds *= factor(random);
        seconds.push_back(node.estimated_seconds);
      }
      const double bound = schedule::least_makespan(taken, count) * kScatteredSets / 100;
      const auto over = [&](bool is_planned) {
        return schedule::simulate(nodes, count, {.is_planned = is_planned, .seconds = seconds})
                   .makespan /
               bound;
      };
      planned += over(schedule::is_planned_on_slots(plan));
      critical_path += over(false);
    }
    fmt::print("| {} | {} | {} | {:.1f} % | {:.1f} % |\n", plan.name, plan.trials.size(), count,
               planned - 100, critical_path - 100);
  }
}

}  // namespace

/// The schedules of sweeps, planned on T5-base's shape and the official sizes of all tasks without
/// any file, as a Markdown table: schedules SWEEP.toml... With --scatter PERCENT first: means of
/// twenty sets of times that deviate so much from the estimates.
int main(int argc, char** argv) {
  const bool is_scattered = argc > 2 && std::string_view(argv[1]) == "--scatter";
  const double deviation = is_scattered ? std::atof(argv[2]) / 100 : 0;
  if (is_scattered && deviation <= 0) {
    fmt::print(stderr, "schedules --scatter PERCENT SWEEP.toml...\n");
    return 2;
  }
  if (is_scattered) {
    fmt::print(
        "| sweep | trials | devices | over bound | critical path |\n|---|---|---|---|---|\n");
  } else {
    fmt::print(
        "| sweep | trials | devices | idle | over bound | over the least | critical path | with a "
        "barrier | first in, first out | longest first "
        "|\n|---|---|---|---|---|---|---|---|---|---|\n");
  }
  for (int i = is_scattered ? 3 : 1; i < argc; ++i) {
    try {
      sweep::test::SampleInputs inputs;
      const sweep::Plan plan = sweep::expand(config::read_sweep(argv[i], {}), inputs);
      const std::vector<std::int64_t> devices = {8, 64, 512};
      if (is_scattered) {
        print_scattered(plan, devices, deviation);
      } else {
        print_schedules(plan, devices);
      }
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}: {}\n", argv[i], error.what());
      return 1;
    }
  }
}
