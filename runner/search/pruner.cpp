#include "runner/search/pruner.h"

#include <fmt/format.h>

#include <filesystem>

#include "results/trial_file.h"

namespace attempt::search {

std::string budget_of(const sweep::TrialSpec& spec) {
  return fmt::format("{} on {} {}: {} steps of {} rows, evaluated every {}",
                     spec.variant.empty() ? spec.method : spec.variant, spec.tasks.at(0).name,
                     spec.tasks[0].fingerprint, spec.train.total_steps, spec.train.batch_size,
                     spec.train.evaluate_every_steps);
}

Pruner::Pruner(PruningRule rule, results::StudyFolder folder)
    : rule_(std::move(rule)), folder_(std::move(folder)) {}

void Pruner::add(const sweep::Plan& plan) {
  for (const sweep::PlannedTrial& trial : plan.trials) {
    const sweep::TrialSpec& spec = trial.spec;
    if (spec.phase != "search") continue;
    const Known known{budget_of(spec), spec.train.total_steps};
    if (!known_.emplace(spec.trial_id, known).second) continue;
    if (!std::filesystem::exists(folder_.trial(spec.trial_id))) continue;
    const results::TrialRecord record = results::read_trial_histories(folder_.trial(spec.trial_id));
    curves_[known.budget][spec.trial_id] = {record.evaluations.step, record.evaluations.selection};
  }
}

std::string Pruner::judge(const std::string& trial_id, const std::vector<std::int64_t>& steps,
                          const std::vector<double>& selections) {
  const auto known = known_.find(trial_id);
  if (known == known_.end() || steps.size() != selections.size()) return "";
  std::map<std::string, Curve>& level = curves_[known->second.budget];
  const auto before = level.find(trial_id);
  // Heard before, as after a restart from a checkpoint: judged when it was new.
  if (before != level.end() && before->second.steps.size() >= steps.size()) return "";
  level[trial_id] = {steps, selections};
  std::vector<const Curve*> others;
  for (const auto& [id, curve] : level) {
    if (id != trial_id) others.push_back(&curve);
  }
  return reason_to_stop(rule_, level[trial_id], others, known->second.total_steps);
}

}  // namespace attempt::search
