#include "results/report/study_content.h"

#include <algorithm>
#include <set>

#include "results/store_error.h"
#include "results/study_files.h"
#include "results/trial_file.h"
#include "results/verify.h"

namespace attempt::results {

namespace {

TaskOutcome outcome_of(const TestResult& test, const std::string& metric,
                       const AnswerScore& answer_f1) {
  TaskOutcome outcome;
  const auto score = test.metrics.find(metric);
  if (score == test.metrics.end()) return outcome;
  outcome.score = score->second;
  outcome.examples = static_cast<std::int64_t>(test.targets.size());
  const std::vector<std::string>& predictions = test.predictions;
  if (predictions.empty()) {
    const auto constant = test.metrics.find("constant_score");
    outcome.is_constant = constant != test.metrics.end() && constant->second == *outcome.score;
    return outcome;
  }
  outcome.is_constant = std::all_of(predictions.begin(), predictions.end(),
                                    [&](const auto& each) { return each == predictions.front(); });
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::string& target = test.targets[i];
    outcome.cut_answers += !predictions[i].empty() && predictions[i].size() < target.size() &&
                           target.starts_with(predictions[i]);
  }
  outcome.example_scores =
      example_scores(metric, predictions, test.targets, *outcome.score, answer_f1);
  return outcome;
}

void read_outcomes(const StudyFolder& folder, FingerprintCache& cache, const AnswerScore& answer_f1,
                   ReportTrial& trial) {
  const StudyEntry& entry = trial.entry;
  const VerifiedTrial verified = verify_trial(folder, entry.trial_id, &cache);
  if (verified.soundness != TrialSoundness::kSound) {
    trial.problem = verified.problem;
    return;
  }
  TrialRecord record = read_verified_results(folder.trial(entry.trial_id));
  if (record.trial_id != entry.trial_id) {
    trial.problem = folder.trial(entry.trial_id).string() + ": is of trial '" + record.trial_id +
                    "', whose id is not its name. Remove it and run the study again.";
    return;
  }
  for (std::size_t i = 0; i < entry.tasks.size(); ++i) {
    const auto test = record.test.find(entry.tasks[i]);
    trial.outcomes.push_back(test == record.test.end()
                                 ? TaskOutcome()
                                 : outcome_of(test->second, entry.metrics.at(i), answer_f1));
  }
  for (auto& [task, test] : record.test) {
    test.predictions = {};
    test.targets = {};
    test.ids = {};
  }
  trial.record = std::move(record);
}

}  // namespace

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
    ReportTrial trial{entry, {}, {}, ""};
    if (entry.status == TrialStatus::kSucceeded) {
      try {
        read_outcomes(source.folder, cache, answer_f1, trial);
      } catch (const StoreError& error) {
        trial.problem = error.what();
      }
    }
    content.trials.push_back(std::move(trial));
  }
  for (const std::string& id : published_trials(source.folder)) content.others += !ids.contains(id);
  return content;
}

}  // namespace attempt::results
