#include "results/report/study_content.h"

#include <algorithm>
#include <set>

#include "results/report/trial_reader.h"
#include "results/store_error.h"
#include "results/study_files.h"
#include "results/verify.h"

namespace attempt::results {

std::int64_t StudyContent::count(TrialStatus status) const {
  return std::count_if(trials.begin(), trials.end(),
                       [status](const ReportTrial& trial) { return trial.entry.status == status; });
}

StudyContent read_study(const StudySource& source, const AnswerScore& answer_f1) {
  StudyContent content{source.folder, source.name, source.warnings, {}, 0};
  FingerprintCache cache(user_cache_folder() / "fingerprints.json");
  std::set<std::string> ids;
  for (const StudyEntry& entry : source.entries) {
    if (!ids.insert(entry.trial_id).second) {
      throw StoreError(source.folder.root().string(),
                       "its plan holds two trials with the id " + entry.trial_id +
                           " (each is one configuration and seed). Run `attempt run` on it "
                           "again, which writes the plan anew.");
    }
    content.trials.push_back({entry, {}, {}, ""});
  }
  std::vector<ReportTrial*> sound;
  for (ReportTrial& trial : content.trials) {
    if (trial.entry.status != TrialStatus::kSucceeded) continue;
    const VerifiedTrial verified = verify_trial(source.folder, trial.entry.trial_id, &cache);
    if (verified.soundness == TrialSoundness::kSound) {
      sound.push_back(&trial);
    } else {
      trial.problem = verified.problem;
    }
  }
  read_trials(source.folder, sound, answer_f1);
  for (const std::string& id : published_trials(source.folder)) content.others += !ids.contains(id);
  return content;
}

}  // namespace attempt::results
