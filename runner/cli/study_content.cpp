#include "runner/cli/study_content.h"

#include "datasets/answer_scores.h"
#include "runner/cli/search_results.h"

namespace attempt::cli {

results::StudyContent read_content(const StudyView& study) {
  results::StudySource source{study.folder, study.name, study.warnings, {}};
  const std::map<std::string, std::string> blocked = study.blocked();
  for (const StudyTrial& trial : study.trials) {
    results::StudyEntry entry{.trial_id = trial.trial_id,
                              .phase = trial.phase,
                              .method = trial.method,
                              .variant = trial.variant,
                              .label = trial.label,
                              .tasks = trial.tasks,
                              .metrics = trial.metrics,
                              .seed = trial.seed,
                              .few_shot_k = trial.few_shot_k,
                              .is_synthetic = trial.is_synthetic,
                              .depends_on = trial.depends_on,
                              .status = study.status(trial.trial_id),
                              .reason = ""};
    if (entry.status == results::TrialStatus::kWaiting) {
      entry.reason = "waits " + study.reason_to_wait(trial, blocked);
    } else if (entry.status == results::TrialStatus::kFailed) {
      entry.reason = study.states.at(trial.trial_id).reason;
    }
    source.entries.push_back(std::move(entry));
  }
  results::StudyContent content =
      results::read_study(source, [](const std::string& prediction, const std::string& target) {
        return datasets::score_answers({prediction}, {{target}}).f1;
      });
  add_search_results(study, content);
  return content;
}

}  // namespace attempt::cli
