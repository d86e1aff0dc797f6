#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "runner/cli/commands.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/probe_run.h"
#include "runner/cli/schedule_forecast.h"
#include "runner/cli/time_limit.h"
#include "runner/cli/trainer_path.h"
#include "runner/cli/usage_error.h"
#include "runner/cli/work_forecast.h"
#include "runner/config/sweep_file.h"
#include "runner/search/sampler_command.h"
#include "runner/sweep/plan.h"
#include "runner/sweep/plan_output.h"
#include "runner/sweep/speeds.h"

namespace attempt::cli {

namespace {

/// A plan this large is simulated only when it is asked for.
constexpr std::size_t kManyTrials = 20000;
/// Seconds for a sampler to say that it is there.
constexpr double kLongestLook = 20;

std::filesystem::path speeds_of(const Arguments& arguments) {
  return arguments.has("speeds") ? std::filesystem::path(arguments.value("speeds"))
                                 : sweep::speed_file();
}

sweep::Plan read_plan(const Arguments& arguments) {
  return sweep::make_plan({.sweep_file = arguments.positional("SWEEP"),
                           .set = arguments.values("set"),
                           .allow_missing_weights = !arguments.has("probe"),
                           .speeds = speeds_of(arguments)});
}

/// A sampler that is not part of the program may be missing where the study is to run.
void warn_of_sampler(const Arguments& arguments, sweep::Plan& plan) {
  if (plan.searches.empty()) return;
  config::Search search =
      config::read_sweep(arguments.positional("SWEEP"), arguments.values("set")).search;
  search.sampler_seconds = std::min(search.sampler_seconds, kLongestLook);
  const std::string problem = search::sampler_problem(search);
  if (problem.empty()) return;
  plan.warnings.push_back("search.sampler '" + search.sampler +
                          "' cannot be used here: " + problem + "; `run` would end with that");
}

/// Probes take minutes: before them it is said if what they measure could not be kept, or would
/// replace a file that is none of ours.
void check_place_of_speeds(const Arguments& arguments) {
  const std::filesystem::path file = speeds_of(arguments);
  const bool is_taken = std::filesystem::exists(file) && !sweep::SpeedTable::is_in(file);
  if (arguments.has("speeds") && (is_taken || !file.has_filename())) {
    throw UsageError("--speeds " + file.string() +
                     ": this is no file of measured speeds (--probe would replace it). Name a new "
                     "file, or one that --probe or a run has written");
  }
  try {
    sweep::SpeedTable::try_to_add_to(file);
  } catch (const std::exception& error) {
    throw EnvironmentError(file.string() + ": what the probes measure could not be kept here (" +
                           error.what() + "). Name another file with --speeds FILE");
  }
}

void probe(const Arguments& arguments) {
  check_place_of_speeds(arguments);
  trainer_executable();  // say so now if it is missing
  const sweep::Plan plan = read_plan(arguments);
  const std::int64_t workers = arguments.integer("workers", 1, 1);
  fmt::print(stderr, "attempt: probing {} trials for a few steps\n",
             probe_plan(plan).trials.size());
  for (const std::string& problem : run_probes(plan, workers, speeds_of(arguments))) {
    fmt::print(stderr, "attempt: {}\n", problem);
  }
}

int plan(const Arguments& arguments) {
  const bool is_simulated = arguments.has("simulate");
  const auto devices =
      device_counts(arguments.value("devices", is_simulated ? "1,8,64,512" : "1,8"));
  std::optional<double> limit;
  if (arguments.has("time-limit")) limit = time_limit_seconds(arguments.value("time-limit"));
  if (arguments.has("workers") && !arguments.has("probe")) {
    throw UsageError(
        "--workers is given without --probe (a plan alone runs nothing). Use "
        "--devices for the number that the forecast is for");
  }
  if (arguments.has("probe")) probe(arguments);
  const sweep::SpeedTable speeds = sweep::SpeedTable::read(speeds_of(arguments));
  if (arguments.has("speeds") && speeds.is_empty()) {
    throw UsageError("--speeds " + arguments.value("speeds") +
                     ": no measured speeds are in this file. Measure them with --probe --speeds "
                     "FILE, or copy speeds.json of the cache folder where a study ran");
  }
  sweep::Plan plan = read_plan(arguments);
  warn_of_sampler(arguments, plan);
  const bool is_asked = arguments.has("devices") || is_simulated || limit.has_value();
  const bool has_walls = is_asked || plan.trials.size() <= kManyTrials;
  const PlanForecast forecast =
      forecast_plan(plan, has_walls ? devices : std::vector<std::int64_t>{}, limit, speeds);
  std::vector<ScheduleForecast> forecasts;
  if (is_simulated) forecasts = forecast_schedule(plan, devices);
  if (arguments.has("json")) {
    nlohmann::json json = sweep::plan_json(plan);
    json["forecast"] = plan_forecast_json(forecast);
    if (is_simulated) json["simulation"] = forecast_json(forecasts);
    fmt::print("{}\n", json.dump(1));
  } else {
    sweep::write_plan_text(
        plan, /*with_values=*/arguments.has("values"),
        [](const std::string& piece) { std::fwrite(piece.data(), 1, piece.size(), stdout); });
    fmt::print("{}", plan_forecast_text(forecast));
    if (is_simulated) fmt::print("{}", forecast_text(forecasts));
  }
  return kSuccess;
}

}  // namespace

Command plan_command() {
  return {
      .spec =
          {.name = "plan",
           .summary = "expand, audit and forecast a study; trains nothing",
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
                {"devices", "N,N,...",
                 "numbers of devices for the forecast (default: 1,8; with --simulate:\n"
                 "1,8,64,512)"},
                {"time-limit", "TIME",
                 "also say how many runs of this length it takes: seconds, or [DAYS-]HH:MM:SS"},
                {"probe", "",
                 "first run a few steps of each kind of trial on this machine; what they take\n"
                 "is kept for this and later forecasts"},
                {"speeds", "FILE",
                 "take speeds from this file, and keep those of --probe there (default:\n"
                 "attempt-mpi/speeds.json in the user's cache folder)"},
                {"workers", "N",
                 "probes at the same time, as `run --workers` will have (default: 1)"},
                {"json", "", "print JSON instead of text"}},
           .examples = {"attempt plan sweeps/paper.toml",
                        "attempt plan sweeps/paper.toml --set data.root=/data --json",
                        "attempt plan sweeps/paper.toml --simulate --devices 8,64",
                        "attempt plan sweeps/paper.toml --probe --devices 4 --time-limit 8:00:00",
                        "attempt plan sweeps/paper.toml --speeds h100.json"}},
      .run = plan};
}

}  // namespace attempt::cli
