#include "runner/sweep/probe.h"

namespace attempt::sweep {

Probe probe_of(const Draft& target, std::int64_t steps, std::uint64_t source_seed,
               const AxisPoint& source_point) {
  Probe probe;
  probe.draft = {"source",    "prompt_tuning", "",       "SPoT probe on " + target.task,
                 target.task, source_seed,     target.at};
  probe.draft.few_shot_k = target.few_shot_k;  // it knows no more than the trial it serves
  probe.draft.few_shot_draw = target.few_shot_draw;
  probe.point = source_point;
  const auto set = [&](const char* name, config::Value value) {
    std::string problem;
    probe.point.push_back({config::Layer::kSet,
                           "SPoT probe",
                           config::resolve_setting({"train", name}, {}, problem),
                           std::move(value),
                           {}});
  };
  set("max_steps", config::make_value(steps));
  // One evaluation, at the end: the prompt after all steps is the one that is kept.
  set("evaluate_every_steps", config::make_value(steps));
  set("patience", config::make_value("off"));
  return probe;
}

}  // namespace attempt::sweep
