#include "runner/schedule/manager.h"

#include <algorithm>

#include "runner/schedule/heartbeats.h"

namespace attempt::schedule {

namespace {

using process::OutcomeStatus;

constexpr auto kReportInterval = std::chrono::seconds(1);
constexpr auto kOrderInterval = std::chrono::seconds(5);
constexpr auto kCommitInterval = std::chrono::milliseconds(50);  // what a crash may lose of events
/// Before a time limit trainers are asked to leave early enough for this many checkpoints of the
/// length that was measured, and for the end of a step and of the run.
constexpr double kCheckpointsBeforeLimit = 3;
constexpr double kSecondsBeforeLimit = 8;

}  // namespace

Manager::Manager(const StudyRun& run, const std::map<std::string, results::TrialState>& state,
                 StudyWriter& writer)
    : run_(run),
      writer_(writer),
      queue_(make_queue(*run.plan, state)),
      specs_(std::make_shared<const SpecTexts>(*run.plan)),
      ranks_(static_cast<std::size_t>(run.communicator.size())),
      state_(state) {
  for (const auto& [id, trial] : state) {
    if (trial.micro_batch > 0) micro_batches_[id] = trial.micro_batch;
  }
  if (run.judge != nullptr) run.judge->add(*run.plan);
  learn_of(*run.plan);
  recall_widths(*run.plan);
}

void Manager::greet() {
  writer_.event("run_started", "", {{"join", run_.is_joined}, {"ranks", ranks_.size()}});
  process::Settings settings;
  settings.trainers_per_device = run_.plan->trainers_per_device;
  settings.threads_per_trainer = run_.plan->threads_per_trainer;
  settings.heartbeat_timeout_seconds = run_.heartbeat_timeout_seconds;
  settings.no_progress_seconds = run_.plan->no_progress_seconds;
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
    ranks_[rank].last_heard = Clock::now();
    tell(static_cast<int>(rank), settings);
  }
  grow({});
}

void Manager::handle(int source, const process::Message& message, Clock::time_point now) {
  Rank& rank = ranks_[static_cast<std::size_t>(source)];
  if (rank.is_lost) return;
  rank.last_heard = now;
  if (message.kind == "hello") {
    take_hello(source, message.as<process::Hello>());
  } else if (message.kind == "progress") {
    const auto progress = message.as<process::Progress>();
    const auto found = running_.find(progress.node_id);
    if (found != running_.end() && found->second.assignment.attempt == progress.attempt) {
      if (found->second.progress.step == 0 && progress.step > 0) {
        const std::chrono::duration<double> start = now - found->second.started;
        longest_start_seconds_ = std::max(longest_start_seconds_, start.count());
      }
      found->second.progress = progress;
      if (!progress.selections.empty()) {
        found->second.validation =
            *std::max_element(progress.selections.begin(), progress.selections.end());
      }
      judge_progress(progress);
      checkpoint_seconds_ = std::max(checkpoint_seconds_, progress.checkpoint_seconds);
    }
  } else if (message.kind == "outcome") {
    take_outcome(source, message.as<process::Outcome>());
  }
}

void Manager::judge_progress(const process::Progress& progress) {
  if (run_.judge == nullptr || progress.selections.empty()) return;
  const std::string reason =
      run_.judge->judge(progress.node_id, progress.evaluated_steps, progress.selections);
  Running& judged = running_.at(progress.node_id);
  const bool ends_by_itself = progress.step >= progress.total_steps;
  // One more evaluation may be on its way.
  if (reason.empty() || ends_by_itself || judged.is_finishing) return;
  judged.is_finishing = true;
  tell(judged.rank, process::Finish{progress.node_id, progress.attempt});
  writer_.event("trial_finished_early", progress.node_id,
                {{"step", progress.step}, {"reason", reason}});
  if (run_.observer != nullptr) run_.observer->trial_cut_short(progress.node_id, reason);
}

void Manager::take_hello(int source, const process::Hello& hello) {
  Rank& greeted = ranks_[static_cast<std::size_t>(source)];
  for (const Rank& other : ranks_) {
    if (&other == &greeted || !other.has_greeted || other.is_lost || other.host != hello.host) {
      continue;
    }
    for (const std::string& device : hello.devices) {
      if (device != "cpu" &&
          std::find(other.devices.begin(), other.devices.end(), device) != other.devices.end()) {
        fail_environment("two ranks on " + hello.host + " share the device " + device +
                         " (each trainer needs one of its own). Start at most one rank a device, "
                         "or set resources.trainers_per_device.");
        return;
      }
    }
  }
  greeted.has_greeted = true;
  greeted.host = hello.host;
  greeted.devices = hello.devices;
  greeted.slots = hello.slots;
  for (const std::string& device : hello.devices) {
    if (device != "cpu") writer_.add_device(hello.host + " " + device);
  }
}

void Manager::request_stop(const std::string& reason) {
  if (!stop_reason_.empty()) return;
  stop_reason_ = reason;
  queue_.stop();
  if (run_.growth != nullptr) run_.growth->cancel();
  if (run_.observer != nullptr) run_.observer->note("stopping: " + reason);
}

void Manager::fail_environment(const std::string& problem) {
  if (environment_problem_.empty()) environment_problem_ = problem;
  request_stop(problem);
}

void Manager::lose_rank(int index) {
  Rank& rank = ranks_[static_cast<std::size_t>(index)];
  rank.is_lost = true;
  is_rank_lost_ = true;
  run_.communicator.forget(index);
  writer_.event("rank_lost", "", {{"rank", index}, {"host", rank.host}});
  if (run_.observer != nullptr) {
    run_.observer->note("rank " + std::to_string(index) + " (" + rank.host +
                        ") is lost; its trials go back to the queue");
  }
  std::vector<Running> lost;
  for (const auto& [id, running] : running_) {
    if (running.rank == index) lost.push_back(running);
  }
  for (const Running& running : lost) {
    take_outcome(index, process::outcome_of(running.assignment, OutcomeStatus::kLost,
                                            "its rank was lost", "rank_lost"));
  }
}

void Manager::watch_ranks(Clock::time_point now) {
  const double interval = heartbeat_interval(run_.heartbeat_timeout_seconds);
  const bool is_due = now - last_heartbeat_ > std::chrono::duration<double>(interval);
  if (is_due) {
    last_heartbeat_ = now;
    ++heartbeats_;
  }
  const auto timeout = std::chrono::duration<double>(run_.heartbeat_timeout_seconds);
  for (std::size_t rank = 1; rank < ranks_.size(); ++rank) {
    if (ranks_[rank].is_lost) continue;
    if (is_due) tell(static_cast<int>(rank), process::Heartbeat{heartbeats_});
    const Clock::time_point heard = ranks_[rank].last_heard;
    if (heard == Clock::time_point::min() || now - heard > timeout) {
      lose_rank(static_cast<int>(rank));
    }
  }
}

bool Manager::is_time_over(Clock::time_point now, double needed_seconds) const {
  const auto end = run_.deadline == nullptr ? std::nullopt : run_.deadline->end();
  if (!end) return false;
  std::int64_t widest = 1;  // those of a bundle write one after another
  for (const auto& [id, running] : running_) widest = std::max(widest, running.width);
  const double before = needed_seconds + kSecondsBeforeLimit +
                        kCheckpointsBeforeLimit * checkpoint_seconds_ * static_cast<double>(widest);
  return now + std::chrono::duration<double>(before) > *end;
}

bool Manager::step(Clock::time_point now) {
  watch_ranks(now);
  if (const std::string problem = writer_.problem(); !problem.empty()) fail_environment(problem);
  if (writer_.has_stop_file()) request_stop("`attempt stop` asked for it");
  if (writer_.has_lost_study()) request_stop("another run took this study over");
  // What is started now must come as far as a checkpoint.
  const bool is_late = is_time_over(now, longest_start_seconds_);
  if (is_time_over(now, 0) || (is_late && running_.empty())) {
    request_stop("the time limit is near");
  }
  bool has_news = take_grown();
  has_news = send_written() || has_news;
  if (run_.is_joined) look_at_peers(now);
  order_anew(now);
  if (!is_late && (knows_peers_ || !run_.is_joined)) has_news = assign_work() || has_news;
  if (queue_.is_stopped() && !is_stop_sent_) {
    is_stop_sent_ = true;
    if (stop_reason_.empty()) stop_reason_ = "too many trials failed (limits.max_failed_trials)";
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
      tell(static_cast<int>(rank), process::Stop{stop_reason_});
    }
  }
  if (now - last_commit_ > kCommitInterval) {
    last_commit_ = now;
    writer_.commit();
  }
  if (now - last_report_ > kReportInterval) report(now);
  return has_news;
}

void Manager::learn_of(const sweep::Plan& plan) {
  for (const sweep::PlannedTrial& trial : plan.trials) {
    learner_.add(trial.spec.trial_id, trial.kind, trial.estimated_seconds);
  }
}

void Manager::order_anew(Clock::time_point now) {
  const std::int64_t slots = expected_slots();
  if ((!has_learnt_ && slots == ordered_slots_) || now < next_order_) return;
  if (has_learnt_) {
    queue_.estimate_anew([&](const std::string& id) { return learner_.expected_seconds(id); });
  }
  has_learnt_ = false;
  ordered_slots_ = slots;
  if (slots > 0) {
    queue_.plan_on(slots, [&](const std::string& id) {
      const Running& running = running_.at(id);
      if (running.assignment.is_prepare) return 0.0;
      const std::chrono::duration<double> spent = now - running.started;
      return std::max(0.0, learner_.expected_seconds(id) - spent.count());
    });
  }
  // A large queue takes its time: a hundredth of the manager's.
  next_order_ =
      Clock::now() + std::max<Clock::duration>(kOrderInterval, 100 * (Clock::now() - now));
}

std::int64_t Manager::expected_slots() const {
  if (run_.is_joined || !is_planned_on_slots(*run_.plan)) return 0;
  std::int64_t slots = 0;
  std::int64_t greeted = 0;
  std::int64_t awaited = 0;
  for (const Rank& rank : ranks_) {
    if (rank.is_lost) continue;
    slots += rank.slots;
    ++(rank.has_greeted ? greeted : awaited);
  }
  return greeted == 0 ? 0 : slots + awaited * slots / greeted;
}

StudyCounts Manager::counts() const {
  return {queue_.count(NodeStatus::kWaiting),
          queue_.count(NodeStatus::kRunning) + queue_.count(NodeStatus::kElsewhere),
          queue_.count(NodeStatus::kSucceeded), queue_.count(NodeStatus::kFailed),
          queue_.count(NodeStatus::kBlocked)};
}

std::vector<WorkerState> Manager::workers() const {
  std::vector<WorkerState> result;
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
    if (ranks_[rank].is_lost || !ranks_[rank].has_greeted) continue;
    std::int64_t idle = ranks_[rank].slots - ranks_[rank].used_slots;
    for (const auto& [id, running] : running_) {
      if (running.rank != static_cast<int>(rank)) continue;
      result.push_back({running.rank, ranks_[rank].host, running.progress, running.width});
    }
    for (; idle > 0; --idle) result.push_back({static_cast<int>(rank), ranks_[rank].host, {}});
  }
  return result;
}

void Manager::report(Clock::time_point now) {
  last_report_ = now;
  const StudyCounts now_counts = counts();
  const std::vector<WorkerState> now_workers = workers();
  nlohmann::json lines = nlohmann::json::array();
  for (const WorkerState& worker : now_workers) {
    nlohmann::json line = worker.progress;
    line["trial_id"] = line["node_id"];
    line.erase("node_id");
    line["rank"] = worker.rank;
    line["host"] = worker.host;
    if (worker.bundle_width > 1) line["bundle_width"] = worker.bundle_width;
    lines.push_back(std::move(line));
  }
  writer_.tick({{"run_id", run_.run_id},
                {"join", run_.is_joined},
                {"waiting", now_counts.waiting},
                {"running", now_counts.running},
                {"succeeded", now_counts.succeeded},
                {"failed", now_counts.failed},
                {"blocked", now_counts.blocked},
                {"actual_over_estimated", learner_.ratio()},
                {"workers", std::move(lines)}});
  if (run_.observer != nullptr) run_.observer->progress(now_counts, now_workers);
}

RunResult Manager::end() {
  RunResult result;
  result.counts = counts();
  result.failures = failures_;
  result.stop_reason = stop_reason_;
  result.is_rank_lost = is_rank_lost_;
  const bool has_failed = queue_.has_failures() || result.counts.blocked > 0;
  if (!environment_problem_.empty()) {
    result.exit_code = 3;
  } else if ((!queue_.is_complete() || !growing_.empty()) && !queue_.is_failure_limit_reached()) {
    result.exit_code = 75;
  } else {
    result.exit_code = has_failed ? 1 : 0;
  }
  writer_.event("run_ended", "", {{"exit_code", result.exit_code}, {"reason", stop_reason_}});
  const char* reason = is_rank_lost_ ? kEndAfterLostRank : kEndOfRun;
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
    tell(static_cast<int>(rank), process::Stop{reason});
  }
  return result;
}

}  // namespace attempt::schedule
