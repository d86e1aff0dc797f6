#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runner/cli/commands.h"
#include "runner/cli/schedule_forecast.h"
#include "runner/cli/usage_error.h"
#include "runner/sweep/plan.h"
#include "runner/sweep/plan_output.h"

namespace attempt::cli {

namespace {

int plan(const Arguments& arguments) {
  const auto devices = device_counts(arguments.value("devices", "1,8,64,512"));
  const sweep::Plan plan = sweep::make_plan(
      {.sweep_file = arguments.positional("SWEEP"), .set = arguments.values("set")});
  std::vector<ScheduleForecast> forecasts;
  if (arguments.has("simulate")) forecasts = forecast_schedule(plan, devices);
  if (arguments.has("json")) {
    nlohmann::json json = sweep::plan_json(plan);
    if (arguments.has("simulate")) json["simulation"] = forecast_json(forecasts);
    fmt::print("{}\n", json.dump(1));
  } else {
    fmt::print("{}", sweep::plan_text(plan, /*with_values=*/arguments.has("values")));
    if (arguments.has("simulate")) fmt::print("{}", forecast_text(forecasts));
  }
  return kSuccess;
}

}  // namespace

Command plan_command() {
  return {
      .spec =
          {.name = "plan",
           .summary = "expand, audit and forecast a study; runs nothing",
           .description =
               "Reads the sweep and the data files, checks everything that can be checked, and "
               "prints every\n"
               "trial with its parameters, steps, splits, dependencies and a forecast.",
           .positionals = {{"SWEEP",
                            "the study's TOML file (sweeps/README.md documents its keys)"}},
           .options =
               {{"set", "KEY=VALUE", "override a key of the sweep, e.g. train.batch_size=16", true},
                {"values", "", "also print each trial's effective values and where they came from"},
                {"simulate", "",
                 "also run the study's queue on the clock of the estimates, beside other "
                 "orders"},
                {"devices", "N,N,...", "numbers of devices for --simulate (default: 1,8,64,512)"},
                {"json", "", "print JSON instead of text"}},
           .examples = {"attempt plan sweeps/paper.toml",
                        "attempt plan sweeps/paper.toml --set data.root=/data --json",
                        "attempt plan sweeps/paper.toml --simulate --devices 8,64"}},
      .run = plan};
}

}  // namespace attempt::cli
