#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/event_log.h"
#include "results/report/search_result.h"
#include "results/statistics/example_scores.h"
#include "results/study_folder.h"
#include "results/trial_record.h"

namespace attempt::results {

/// One trial of a sweep, as the study's plan and state tell it.
struct StudyEntry {
  std::string trial_id;
  std::string phase;
  std::string method;
  std::string variant;
  std::string label;                 ///< row of a table
  std::vector<std::string> tasks;    ///< names inside the trial file
  std::vector<std::string> metrics;  ///< the reported one of each task
  std::uint64_t seed = 0;
  std::int64_t few_shot_k = 0;  ///< 0: the whole training split
  bool is_synthetic = false;
  std::vector<std::string> depends_on;
  TrialStatus status = TrialStatus::kWaiting;
  std::string reason;  ///< why it waits or has failed
};

/// A study folder with the trials of its current sweep.
struct StudySource {
  StudyFolder folder;
  std::string name;
  std::vector<std::string> warnings;
  std::vector<StudyEntry> entries;
};

/// What a trial reached on the test split of one of its tasks.
struct TaskOutcome {
  std::optional<double> score;  ///< the reported metric
  std::int64_t examples = 0;    ///< of the test split; 0 where predictions were not kept
  /// One prediction for every example; nothing where the file does not tell.
  std::optional<bool> is_constant;
  std::int64_t cut_answers = 0;  ///< answers that are a beginning of the right one
  std::optional<ExampleScores> example_scores;
};

/// Rows of the training history that are kept of a trial: enough for a curve.
inline constexpr std::size_t kCurvePoints = 60;

struct ReportTrial {
  StudyEntry entry;
  /// Without predictions and parameters; of the training history steps and losses of at most
  /// kCurvePoints rows.
  std::optional<TrialRecord> record;
  std::vector<TaskOutcome> outcomes;  ///< one a task of a finished trial
  std::vector<std::string> findings;  ///< of diagnose(), which sees the whole histories
  std::vector<float> prompt_mean;     ///< of the rows of a plain prompt; else empty
  std::string problem;                ///< why a file that is there is not used

  /// Plain prompt tuning of one task on its whole training split: what prompts are compared by.
  bool is_plain_prompt() const;
};

struct StudyContent {
  StudyFolder folder;
  std::string name;
  std::vector<std::string> warnings;
  std::vector<ReportTrial> trials;
  std::int64_t others = 0;  ///< trial files of earlier sweeps in this folder, left out
  std::vector<SearchResult> searches = {};  ///< whoever knows the plan adds them

  std::int64_t count(TrialStatus status) const;
};

/// Reads what the finished trials of a study hold; each file is compared with its digest first. One
/// that cannot be used (damaged, of a newer format, of another trial) keeps its reason in
/// `problem`.
/// @param answer_f1  scores one answer of a question-answering task.
/// @throws StoreError when two trials of the plan have one id.
StudyContent read_study(const StudySource& source, const AnswerScore& answer_f1);

}  // namespace attempt::results
