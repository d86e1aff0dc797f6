#include "runner/schedule/plan_queue.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "results/sealed_text.h"
#include "runner/sweep/bundle_key.h"

namespace attempt::schedule {

namespace {

/// Tokenising is quick beside any trial; what counts is that it comes first.
constexpr double kPrepareSeconds = 10;
constexpr int kSpecIndent = 1;
constexpr std::int64_t kEvaluationRows = 64;  // of TrainSpec::evaluation_batch_size = 0

}  // namespace

TrialQueue make_queue(const sweep::Plan& plan,
                      const std::map<std::string, results::TrialState>& state) {
  return TrialQueue(queue_nodes(plan, state), {plan.max_attempts, plan.max_failed_trials});
}

bool is_planned_on_slots(const sweep::Plan& plan) {
  return plan.searches.empty() && plan.bundle_width == 1;
}

void add_to_queue(TrialQueue& queue, const sweep::Plan& plan,
                  const std::map<std::string, results::TrialState>& state) {
  std::vector<QueueNode> nodes = queue_nodes(plan, state);
  std::erase_if(nodes, [&](const QueueNode& node) { return queue.has(node.id); });
  queue.add(std::move(nodes));
}

std::vector<QueueNode> queue_nodes(const sweep::Plan& plan,
                                   const std::map<std::string, results::TrialState>& state) {
  std::vector<QueueNode> trials;
  std::set<std::string> needed_prepares;
  for (const sweep::PlannedTrial& trial : plan.trials) {
    QueueNode node;
    node.id = trial.spec.trial_id;
    node.estimated_seconds = trial.estimated_seconds;
    node.bundle_key = sweep::bundle_key(trial.spec);
    if (const auto found = state.find(node.id); found != state.end()) {
      node.attempts = found->second.attempts;
      node.started = found->second.started;
      node.is_succeeded = found->second.status == results::TrialStatus::kSucceeded;
      node.is_failed = found->second.status == results::TrialStatus::kFailed;
    }
    std::set<std::string> needs(trial.spec.depends_on.begin(), trial.spec.depends_on.end());
    needs.insert(trial.prepare_ids.begin(), trial.prepare_ids.end());
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
  nodes.insert(nodes.end(), std::make_move_iterator(trials.begin()),
               std::make_move_iterator(trials.end()));
  return nodes;
}

void SpecTexts::add(const sweep::Plan& plan) {
  for (const sweep::PrepareNode& prepare : plan.prepare) prepares_.emplace(prepare.id, &prepare);
  for (const sweep::PlannedTrial& trial : plan.trials) {
    trials_.emplace(trial.spec.trial_id, &trial);
  }
}

std::string SpecTexts::text(const std::string& node_id, std::int64_t micro_batch) const {
  if (const auto found = prepares_.find(node_id); found != prepares_.end()) {
    return results::seal_json(*found->second, kSpecIndent);
  }
  sweep::TrialSpec spec = sweep::spec_of(*trials_.at(node_id));
  if (micro_batch > 0) {
    sweep::TrainSpec& train = spec.train;
    const std::int64_t rows =
        train.evaluation_batch_size > 0 ? train.evaluation_batch_size : kEvaluationRows;
    train.evaluation_batch_size =
        std::max<std::int64_t>(1, rows * micro_batch / this->micro_batch(node_id));
    train.micro_batch = micro_batch;
  }
  return results::seal_json(spec, kSpecIndent);
}

std::int64_t SpecTexts::micro_batch(const std::string& node_id) const {
  const auto found = trials_.find(node_id);
  if (found == trials_.end()) return 0;
  const sweep::TrainSpec& train = found->second->spec.train;
  return train.micro_batch > 0 ? train.micro_batch : train.batch_size;
}

}  // namespace attempt::schedule
