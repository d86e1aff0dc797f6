#include <algorithm>

#include "runner/sweep/axis_label.h"
#include "runner/sweep/expansion.h"
#include "runner/sweep/phase_one.h"

namespace attempt::sweep {

std::string Expansion::add_from_mixture(const Draft& draft, const AxisPoint& point,
                                        const TrialSettings& settings,
                                        const AxisPoint& source_point) {
  std::vector<std::string> tasks;
  for (const config::Named& task : sweep_.source_tasks) tasks.push_back(task.name);
  const std::string who = "'" + (draft.variant.empty() ? draft.method : draft.variant) + "'";
  if (tasks.empty()) {
    problems_.add(draft.at, "method.init_from",
                  who +
                      " has init_from = \"sources\" and [sources] names no tasks (its start is "
                      "trained on them). Add [sources] tasks, or remove init_from");
    return "";
  }
  const PhaseOneTrial first =
      mixture_trial(draft, point, tasks, source_seed(draft.seed), source_point);
  const std::string id = add(first.draft, first.point, {});
  if (id.empty()) return "";
  Draft second = draft;
  second.label += source_axis_label(source_point);
  second.starts = {{TensorStart::kAll, id, "", ""}};
  const std::string target = add(second, point, settings, {});
  if (target.empty()) return "";
  const std::string problem = start_problem(plan_.trials[index_.at(target)].spec,
                                            plan_.trials[index_.at(id)].spec, backbone_.config);
  if (!problem.empty()) {
    const std::size_t end = problem.rfind(". ");
    problems_.add(draft.at, "method.init_from",
                  who + " cannot start from its training on the source tasks (" +
                      problem.substr(0, end) + ")" + problem.substr(end));
  }
  return target;
}

std::optional<Draft> Expansion::with_pretrained_g(const Draft& draft, const Settings& settings,
                                                  const AxisPoint& source_point,
                                                  const AvailableSources& sources) {
  std::vector<std::string> tasks;
  for (const AvailableSource& source : sources) {
    if (source.is_listed) tasks.push_back(source.ref.name);
  }
  if (tasks.size() < 2) {
    problems_.add(draft.at, "method.g_init",
                  "'" + (draft.variant.empty() ? draft.method : draft.variant) +
                      "' has g_init = \"pretrained\" and [sources] names " +
                      std::to_string(tasks.size()) +
                      " tasks (G learns to choose among the prompts of other tasks). Name at "
                      "least two in [sources] tasks, or set g_init = \"random\"");
    return std::nullopt;
  }
  const PhaseOneTrial first =
      g_trial(draft, settings, tasks, source_seed(draft.seed), source_point);
  const std::string id = add(first.draft, first.point, sources);
  if (id.empty()) return std::nullopt;
  Draft second = draft;
  second.starts = {{TensorStart::kG, id, "", ""}};
  return second;
}

}  // namespace attempt::sweep
