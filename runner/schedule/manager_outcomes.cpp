#include <algorithm>

#include "runner/schedule/manager.h"
#include "runner/schedule/retry_rules.h"

namespace attempt::schedule {

namespace {

using process::OutcomeStatus;

/// Exit code of a trainer whose executable could not be started.
constexpr const char* kNoTrainerCause = "exit:127";

std::string status_name(OutcomeStatus status) { return nlohmann::json(status).get<std::string>(); }

}  // namespace

void Manager::take_outcome(int source, const process::Outcome& told) {
  process::Outcome outcome = told;
  const Judgement judgement = judge(outcome, micro_batch(outcome.node_id));
  outcome.status = judgement.status;
  const auto found = running_.find(outcome.node_id);
  if (found == running_.end() || found->second.rank != source ||
      !queue_.finish(outcome.node_id, outcome.attempt, outcome.status, judgement.is_final)) {
    return;
  }
  if (judgement.micro_batch > 0) reduce_micro_batch(outcome.node_id, judgement.micro_batch);
  const Running ended = found->second;
  outcome.seconds /= static_cast<double>(ended.width);  // its share of the slot
  running_.erase(found);
  leave_slot(ended);
  if (judgement.runs_alone) alone_.insert(outcome.node_id);
  if (judgement.bundle_width > 0) narrow_bundles(outcome.node_id, judgement.bundle_width);
  record_outcome(ended, outcome);
}

void Manager::record_outcome(const Running& ended, const process::Outcome& outcome) {
  const bool is_prepare = ended.assignment.is_prepare;
  writer_.event(is_prepare ? "prepare_ended" : "attempt_ended", outcome.node_id,
                [outcome, rank = ended.rank]() -> nlohmann::json {
                  return {{"attempt", outcome.attempt},
                          {"status", status_name(outcome.status)},
                          {"message", outcome.message},
                          {"cause", outcome.cause},
                          {"rank", rank},
                          {"stage", outcome.stage},
                          {"step", outcome.step},
                          {"seconds", outcome.seconds}};
                });
  const NodeStatus status = queue_.status(outcome.node_id);
  if (status == NodeStatus::kSucceeded && !is_prepare) {
    nlohmann::json published = {{"digest", outcome.digest}};
    if (ended.validation) published["validation"] = *ended.validation;
    writer_.event("trial_published", outcome.node_id, std::move(published));
    if (outcome.attempt == 1) {  // a later one may have begun at a checkpoint
      learner_.note(outcome.node_id, outcome.seconds);
      has_learnt_ = true;
    }
    writer_.give(outcome.node_id);
    grow({{outcome.node_id, true}});
  } else if (status == NodeStatus::kFailed) {
    record_failure(outcome, is_prepare);
  } else if (status == NodeStatus::kWaiting && outcome.status == OutcomeStatus::kFailed) {
    writer_.event(is_prepare ? "prepare_requeued" : "attempt_requeued", outcome.node_id,
                  {{"attempts", queue_.attempts(outcome.node_id)}});
  }
  if (outcome.cause == "fenced" && run_.observer != nullptr) run_.observer->note(outcome.message);
  if (status == NodeStatus::kWaiting && outcome.cause != "fenced") {
    writer_.release(ended.assignment, queue_.attempts(outcome.node_id));
  }
  if (outcome.cause == "disk") fail_environment(outcome.message);
  if (outcome.cause == "device_lost" && lost_devices_of_.insert(ended.bundle).second)
    retire_slot(ended.rank, outcome.message);
  if (outcome.cause == kNoTrainerCause) {
    fail_environment(run_.trainer.string() + ": the trainer cannot be started (see " +
                     run_.folder.trial_log(outcome.node_id).string() +
                     "). Build it with ./quickstart --build-only.");
  }
  if (run_.observer != nullptr) {
    run_.observer->trial_ended(outcome, ended.rank, status == NodeStatus::kWaiting);
  }
}

void Manager::record_failure(const process::Outcome& outcome, bool is_prepare) {
  const std::string& id = outcome.node_id;
  failures_.push_back({id, outcome.message});
  std::vector<EndedTrial> ended = {{id, false}};
  for (const std::string& blocked : queue_.blocked_behind(id)) {
    writer_.event("trial_blocked", blocked, {{"by", id}});
    ended.push_back({blocked, false});
  }
  grow(std::move(ended));
  if (is_prepare) return;
  writer_.event("trial_failed", id, {{"message", outcome.message}});
  writer_.failed_trial(id, {{"trial_id", id},
                            {"run_id", run_.run_id},
                            {"attempts", queue_.attempts(id)},
                            {"message", outcome.message},
                            {"cause", outcome.cause},
                            {"stage", outcome.stage},
                            {"step", outcome.step},
                            {"peak_memory_bytes", outcome.peak_memory_bytes},
                            {"log", run_.folder.trial_log(id).string()},
                            {"evidence", outcome.evidence}});
}

void Manager::grow(std::vector<EndedTrial> ended) {
  if (run_.growth == nullptr || queue_.is_stopped()) return;
  growing_.push_back(growth_thread_.run(
      [growth = run_.growth, ended = std::move(ended)] { return growth->grow(ended); }));
}

bool Manager::take_grown() {
  bool has_news = false;
  // What follows after a stop is found again by the next run; that it is open makes the end early.
  while (!queue_.is_stopped() && !growing_.empty() &&
         growing_.front().wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
    has_news = true;
    std::future<sweep::Plan> grown = std::move(growing_.front());
    growing_.pop_front();
    try {
      sweep::Plan more = grown.get();
      if (more.trials.empty()) continue;
      grown_.push_back(std::move(more));
    } catch (const std::exception& error) {
      fail_environment(error.what());
      continue;
    }
    const auto more = std::make_shared<SpecTexts>(*specs_);  // the writer reads the old ones
    more->add(grown_.back());
    specs_ = more;
    if (run_.judge != nullptr) run_.judge->add(grown_.back());
    add_to_queue(queue_, grown_.back(), state_);
    learn_of(grown_.back());
    recall_widths(grown_.back());
    if (run_.observer != nullptr) run_.observer->trials_added(grown_.back());
  }
  return has_news;
}

std::int64_t Manager::micro_batch(const std::string& node_id) const {
  const auto found = micro_batches_.find(node_id);
  return found == micro_batches_.end() ? specs_->micro_batch(node_id) : found->second;
}

void Manager::reduce_micro_batch(const std::string& trial_id, std::int64_t rows) {
  writer_.event("micro_batch_reduced", trial_id,
                {{"from", micro_batch(trial_id)}, {"micro_batch", rows}});
  micro_batches_[trial_id] = rows;
  if (run_.observer != nullptr) {
    run_.observer->note("out of memory: " + trial_id + " goes on with micro-batches of " +
                        std::to_string(rows) + " rows; its batch stays what it is");
  }
}

void Manager::narrow_bundles(const std::string& trial_id, std::int64_t width) {
  const auto [fitting, is_new] = fitting_widths_.emplace(queue_.bundle_key(trial_id), width);
  if (!is_new && fitting->second <= width) return;  // a mate told of it
  fitting->second = width;
  writer_.event("bundles_narrowed", trial_id, {{"width", width}});
  if (run_.observer != nullptr) {
    const std::string how =
        width == 1 ? "one at a time" : "in bundles of " + std::to_string(width) + " at most";
    run_.observer->note("out of memory: trials like " + trial_id + " go on " + how);
  }
}

void Manager::recall_widths(const sweep::Plan& plan) {
  for (const sweep::PlannedTrial& trial : plan.trials) {
    const auto found = state_.find(trial.spec.trial_id);
    if (found == state_.end() || found->second.bundle_width == 0) continue;
    const std::int64_t width = found->second.bundle_width;
    std::int64_t& fitting =
        fitting_widths_.emplace(queue_.bundle_key(found->first), width).first->second;
    fitting = std::min(fitting, width);
  }
}

/// The agent uses the slot no more either.
void Manager::retire_slot(int rank, const std::string& problem) {
  --ranks_[static_cast<std::size_t>(rank)].slots;
  writer_.event("device_lost", "", {{"rank", rank}, {"message", problem}});
  for (const Rank& other : ranks_) {
    if (!other.is_lost && (!other.has_greeted || other.slots > 0)) return;
  }
  fail_environment("no device is left that works: " + problem);
}

}  // namespace attempt::schedule
