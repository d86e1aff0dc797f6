#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runner/cli/commands.h"
#include "runner/cli/usage_error.h"
#include "runner/sweep/plan.h"
#include "runner/sweep/plan_output.h"

namespace attempt::cli {

namespace {

int plan(const Arguments& arguments) {
  const sweep::Plan plan = sweep::make_plan(
      {.sweep_file = arguments.positional("SWEEP"), .set = arguments.values("set")});
  if (arguments.has("json")) {
    fmt::print("{}\n", sweep::plan_json(plan).dump(1));
  } else {
    fmt::print("{}", sweep::plan_text(plan, /*with_values=*/arguments.has("values")));
  }
  return kSuccess;
}

}  // namespace

Command plan_command() {
  return {
      .spec = {.name = "plan",
               .summary = "expand, audit and forecast a study; runs nothing",
               .description =
                   "Reads the sweep and the data files, checks everything that can be checked, and "
                   "prints every\n"
                   "trial with its parameters, steps, splits, dependencies and a forecast.",
               .positionals = {{"SWEEP",
                                "the study's TOML file (sweeps/README.md documents its keys)"}},
               .options = {{"set", "KEY=VALUE",
                            "override a key of the sweep, e.g. train.batch_size=16", true},
                           {"values", "",
                            "also print each trial's effective values and where they came from"},
                           {"json", "", "print JSON instead of text"}},
               .examples = {"attempt plan sweeps/paper.toml",
                            "attempt plan sweeps/paper.toml --set data.root=/data --json"}},
      .run = plan};
}

}  // namespace attempt::cli
