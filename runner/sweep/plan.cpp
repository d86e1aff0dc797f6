#include "runner/sweep/plan.h"

#include "runner/config/sweep_file.h"
#include "runner/sweep/expand.h"
#include "runner/sweep/trial_config.h"

namespace attempt::sweep {

TrialSpec spec_of(const PlannedTrial& planned) {
  TrialSpec spec = planned.spec;
  if (planned.values) spec.config_toml = config_text(*planned.values);
  return spec;
}

Plan make_plan(const PlanInputs& inputs) {
  const config::SweepFile sweep = config::read_sweep(inputs.sweep_file, inputs.set);
  const std::filesystem::path speeds = inputs.speeds.empty() ? speed_file() : inputs.speeds;
  return expand(sweep, *open_study_inputs(inputs.allow_missing_weights, speeds));
}

}  // namespace attempt::sweep
