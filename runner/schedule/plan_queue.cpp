#include "runner/schedule/plan_queue.h"

#include <nlohmann/json.hpp>
#include <set>

namespace attempt::schedule {

namespace {

/// Tokenising is quick beside any trial; what counts is that it comes first.
constexpr double kPrepareSeconds = 10;

}  // namespace

TrialQueue make_queue(const sweep::Plan& plan,
                      const std::map<std::string, results::TrialState>& state) {
  std::vector<QueueNode> trials;
  std::set<std::string> needed_prepares;
  for (const sweep::PlannedTrial& trial : plan.trials) {
    QueueNode node;
    node.id = trial.spec.trial_id;
    node.estimated_seconds = trial.estimated_seconds;
    if (const auto found = state.find(node.id); found != state.end()) {
      node.attempts = found->second.attempts;
      node.started = found->second.started;
      node.is_succeeded = found->second.status == results::TrialStatus::kSucceeded;
      node.is_failed = found->second.status == results::TrialStatus::kFailed;
    }
    std::set<std::string> needs(trial.spec.depends_on.begin(), trial.spec.depends_on.end());
    if (const auto found = plan.needs.find(node.id); found != plan.needs.end()) {
      needs.insert(found->second.begin(), found->second.end());
    }
    if (!node.is_succeeded) {
      node.depends_on.assign(needs.begin(), needs.end());
      needed_prepares.insert(needs.begin(), needs.end());
    }
    trials.push_back(std::move(node));
  }
  std::vector<QueueNode> nodes;
  for (const sweep::PrepareNode& prepare : plan.prepare) {
    if (!needed_prepares.contains(prepare.id)) continue;
    QueueNode node;
    node.id = prepare.id;
    node.is_prepare = true;
    node.estimated_seconds = kPrepareSeconds;
    nodes.push_back(std::move(node));
  }
  nodes.insert(nodes.end(), trials.begin(), trials.end());
  return TrialQueue(std::move(nodes), {plan.max_attempts, plan.max_failed_trials});
}

std::map<std::string, std::string> spec_texts(const sweep::Plan& plan) {
  std::map<std::string, std::string> texts;
  for (const sweep::PrepareNode& prepare : plan.prepare) {
    texts[prepare.id] = nlohmann::json(prepare).dump(2) + "\n";
  }
  for (const sweep::PlannedTrial& trial : plan.trials) {
    texts[trial.spec.trial_id] = nlohmann::json(trial.spec).dump(2) + "\n";
  }
  return texts;
}

}  // namespace attempt::schedule
