#include "results/report/study_content.h"

#include <algorithm>
#include <set>

#include "results/digest.h"
#include "results/report/trial_reader.h"
#include "results/store_error.h"
#include "results/study_files.h"

namespace attempt::results {

std::int64_t StudyContent::count(TrialStatus status) const {
  return std::count_if(trials.begin(), trials.end(),
                       [status](const ReportTrial& trial) { return trial.entry.status == status; });
}

bool ReportTrial::is_plain_prompt() const {
  return entry.method == "prompt_tuning" && entry.variant.empty() && entry.tasks.size() == 1 &&
         entry.few_shot_k == 0 && !entry.label.starts_with("SPoT probe");
}

StudyContent read_study(const StudySource& source, const AnswerScore& answer_f1) {
  StudyContent content{source.folder, source.name, source.warnings, {}};
  FingerprintCache cache(user_cache_folder() / "fingerprints.json");
  std::set<std::string> ids;
  for (const StudyEntry& entry : source.entries) {
    if (!ids.insert(entry.trial_id).second) {
      throw StoreError(source.folder.root().string(),
                       "its plan holds two trials with the id " + entry.trial_id +
                           " (each is one configuration and seed). Run `attempt run` on it "
                           "again, which writes the plan anew.");
    }
    content.trials.push_back({.entry = entry});
  }
  std::vector<ReportTrial*> finished;
  for (ReportTrial& trial : content.trials) {
    if (trial.entry.status == TrialStatus::kSucceeded) finished.push_back(&trial);
  }
  read_trials(source.folder, finished, answer_f1, cache);
  for (const std::string& id : published_trials(source.folder)) content.others += !ids.contains(id);
  return content;
}

}  // namespace attempt::results
