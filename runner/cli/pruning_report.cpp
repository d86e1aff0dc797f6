#include "runner/cli/pruning_report.h"

#include <map>

#include "results/trial_file.h"
#include "runner/search/pruning_audit.h"

namespace attempt::cli {

namespace {

/// The finished runs of a search by their budget: the steps at which they were evaluated.
std::map<std::vector<std::int64_t>, std::vector<search::FullRun>> runs_of(
    const StudyView& study, const sweep::PlannedSearch& planned) {
  std::map<std::vector<std::int64_t>, std::vector<search::FullRun>> runs;
  for (std::size_t i = 0; i < planned.configurations.size(); ++i) {
    for (const std::string& id : planned.configurations[i].trial_ids) {
      if (study.status(id) != results::TrialStatus::kSucceeded) continue;
      const auto evaluations = results::read_trial_histories(study.folder.trial(id)).evaluations;
      if (evaluations.selection.empty()) continue;
      runs[evaluations.step].push_back(
          {static_cast<std::int64_t>(i), {evaluations.step, evaluations.selection}});
    }
  }
  return runs;
}

}  // namespace

std::string pruning_report(const StudyView& study) {
  std::string text;
  for (const sweep::PlannedSearch& planned : study.searches) {
    if (!planned.is_audited || planned.pruner == "off") continue;
    const search::PruningRule rule{planned.pruner, planned.prune_after};
    for (const auto& [budget, runs] : runs_of(study, planned)) {
      text += search::audit_text(planned.name, rule, search::audit(rule, runs));
    }
  }
  return text;
}

}  // namespace attempt::cli
