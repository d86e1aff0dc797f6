#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/study_folder.h"
#include "runner/schedule/run_study.h"
#include "runner/search/pruning.h"
#include "runner/sweep/plan.h"

namespace attempt::search {

/// What a trial may be compared by: method, task, steps, batch and evaluations. Trials of other
/// tasks or budgets never meet.
std::string budget_of(const sweep::TrialSpec& spec);

/// Stops trials of searches early, by comparing them with those of the same budget.
class Pruner final : public schedule::TrialJudge {
 public:
  /// @param folder  of the study: curves of trials that earlier runs finished are read from there
  Pruner(PruningRule rule, results::StudyFolder folder);

  void add(const sweep::Plan& plan) override;
  std::string judge(const std::string& trial_id, const std::vector<std::int64_t>& steps,
                    const std::vector<double>& selections) override;

 private:
  struct Known {
    std::string budget;
    std::int64_t total_steps = 0;
  };
  PruningRule rule_;
  results::StudyFolder folder_;
  std::map<std::string, Known> known_;                          ///< trials of searches
  std::map<std::string, std::map<std::string, Curve>> curves_;  ///< by budget and trial
};

}  // namespace attempt::search
