#include <fmt/format.h>

#include <exception>

#include "runner/cli/schedule_forecast.h"
#include "runner/sweep/expand.h"
#include "tests/runner/sweep/sample_study.h"

using namespace attempt;

/// The schedules of sweeps, planned on T5-base's shape and the official sizes of all tasks without
/// any file, as a Markdown table: schedules SWEEP.toml...
int main(int argc, char** argv) {
  fmt::print(
      "| sweep | trials | devices | idle | over bound | over the least | with a barrier | first "
      "in, first out | longest first |\n|---|---|---|---|---|---|---|---|---|\n");
  for (int i = 1; i < argc; ++i) {
    try {
      sweep::test::SampleInputs inputs;
      const sweep::Plan plan = sweep::expand(config::read_sweep(argv[i], {}), inputs);
      for (const cli::ScheduleForecast& f : cli::forecast_schedule(plan, {8, 64, 512})) {
        const auto more = [&](double other) { return 100 * (other / f.makespan - 1); };
        fmt::print(
            "| {} | {} | {} | {:.0f} % | {:.1f} % | {:.1f} % | {:+.1f} % | {:+.1f} % | {:+.1f} % "
            "|\n",
            plan.name, plan.trials.size(), f.devices, 100 * f.idle,
            100 * (f.makespan / f.bound - 1), 100 * (f.makespan / f.least - 1), more(f.barrier),
            more(f.as_given), more(f.longest_first));
      }
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}: {}\n", argv[i], error.what());
      return 1;
    }
  }
}
