#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "results/event_log.h"
#include "results/result_table.h"
#include "results/study_folder.h"
#include "runner/sweep/plan.h"

namespace attempt::cli {

/// One trial of the sweep that a study was last run with.
struct StudyTrial {
  std::string trial_id;
  std::string phase;
  std::string method;
  std::string variant;
  std::string label;  ///< row of the result table
  std::vector<std::string> tasks;
  std::vector<std::string> metrics;  ///< the reported one of each task
  std::uint64_t seed = 0;
  std::int64_t total_steps = 0;
  double estimated_seconds = 0;
  std::vector<std::string> depends_on;
  bool is_synthetic = false;
  std::int64_t few_shot_k = 0;  ///< training examples of a few-shot trial
  std::shared_ptr<const std::vector<sweep::ValueOrigin>> values;  ///< shared, as in the plan
};

/// A study as its folder tells it: the last plan, and the state folded from events and files.
struct StudyView {
  results::StudyFolder folder;
  std::string name;
  std::vector<StudyTrial> trials;
  std::vector<sweep::PlannedSearch> searches;
  std::vector<std::string> warnings;
  bool is_planned_on_slots = false;  ///< as its runs are, unless they join
  std::map<std::string, results::TrialState> states;
  std::map<std::string, double> seconds;  ///< that a trial's attempts have taken, by its id
  std::set<std::string> finished_early;   ///< as told_to_end() says
  std::int64_t damaged_event_lines = 0;

  results::TrialStatus status(const std::string& trial_id) const;
  /// Waiting trial -> the failed one that it needs, itself or through others.
  std::map<std::string, std::string> blocked() const;
  /// How many trials have ended early, with their best evaluation: a pruner stopped them.
  std::int64_t pruned() const;
  /// Why a waiting trial waits. @param blocked  of blocked()
  std::string reason_to_wait(const StudyTrial& trial,
                             const std::map<std::string, std::string>& blocked) const;
};

/// run/plan.json
std::filesystem::path study_plan_file(const results::StudyFolder& folder);
/// run/slurm_jobs: ids of the jobs that were submitted for a study, one a line.
std::filesystem::path slurm_jobs_file(const results::StudyFolder& folder);

/// Keeps what the readers of a study need of its plan in run/plan.json.
void write_study_plan(const results::StudyFolder& folder, const sweep::Plan& plan);

/// @throws UsageError when the folder holds no study.
StudyView open_study(const std::filesystem::path& folder);

/// Ids of trials that were told to end early in the last of their attempts.
std::set<std::string> told_to_end(const std::vector<results::Event>& events);

/// The trial that an id, or an unambiguous beginning of one, names.
/// @throws UsageError
const StudyTrial& find_trial(const StudyView& study, std::string_view text);

/// The table of all succeeded target trials: one row a method or variant, one column a task.
results::ResultTable study_table(const StudyView& study, const results::Scores& scores);

/// "attempt on rte, seed 42"
std::string describe(const StudyTrial& trial);

}  // namespace attempt::cli
