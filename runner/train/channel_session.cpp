#include "runner/train/channel_session.h"

#include "runner/train/spec_file.h"
#include "runner/train/stop_signals.h"

namespace attempt::train {

namespace {

constexpr auto kProgressInterval = std::chrono::seconds(1);
constexpr int kIdlePollMs = 1000;  // a signal may arrive between the check and the wait
constexpr int kDeviceLostExitCode = 3;

}  // namespace

ChannelSession::ChannelSession(process::Channel channel, TrialRunner& runner, process::Hello hello)
    : channel_(std::move(channel)), runner_(runner), hello_(std::move(hello)) {}

void ChannelSession::take_messages() {
  while (const auto message = channel_.receive()) {
    if (message->kind == "assignment") {
      assignments_.push_back(message->as<process::Assignment>());
    } else if (message->kind == "stop") {
      is_stopping_ = true;
    } else if (message->kind == "finish") {
      finishing_.insert(message->as<process::Finish>().node_id);
    }
  }
}

bool ChannelSession::should_leave() {
  take_messages();
  return is_stopping_ || !channel_.is_open() || is_stop_signalled();
}

int ChannelSession::run() {
  channel_.send(process::make_message(hello_));
  while (!should_leave()) {
    if (assignments_.empty()) {
      channel_.wait_readable(kIdlePollMs);
      continue;
    }
    const process::Assignment assignment = assignments_.front();
    assignments_.pop_front();
    execute(assignment);
    if (is_device_lost_) return kDeviceLostExitCode;
  }
  return 0;
}

void ChannelSession::send_outcome(const process::Assignment& assignment,
                                  const AttemptResult& result) {
  process::Outcome outcome =
      process::outcome_of(assignment, result.status, result.message, result.cause);
  outcome.digest = result.digest;
  outcome.mates = result.mates;
  outcome.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  channel_.send(process::make_message(outcome));
  is_device_lost_ = is_device_lost_ || result.is_device_lost;
}

TrialMonitor ChannelSession::monitor_of(const process::Assignment& assignment) {
  TrialMonitor monitor;
  monitor.should_stop = [this] { return should_leave(); };
  monitor.should_finish = [this, &assignment] { return finishing_.contains(assignment.node_id); };
  monitor.progress = [this, &assignment](const TrialProgress& progress) {
    send_progress(assignment, progress);
  };
  return monitor;
}

void ChannelSession::execute(const process::Assignment& assignment) {
  started_ = std::chrono::steady_clock::now();
  finishing_.clear();
  told_.clear();
  std::vector<const process::Assignment*> together = {&assignment};
  for (const process::Assignment& mate : assignment.mates) together.push_back(&mate);
  std::deque<sweep::TrialSpec> specs;
  std::vector<TrialRunner::Member> members;
  for (const process::Assignment* one : together) {
    try {
      if (one->is_prepare) {
        send_outcome(*one, runner_.prepare(read_prepare_node(one->spec_file), monitor_of(*one)));
        continue;
      }
      specs.push_back(read_trial_spec(one->spec_file));
      members.push_back({specs.back(),
                         {results::StudyFolder(one->study), one->run_id, one->attempt},
                         monitor_of(*one),
                         [this, one](const AttemptResult& result) { send_outcome(*one, result); }});
    } catch (const std::exception& error) {
      AttemptResult result;
      result.cause = "spec";
      result.message = error.what();
      send_outcome(*one, result);
    }
  }
  runner_.run_together(members);
}

void ChannelSession::send_progress(const process::Assignment& assignment,
                                   const TrialProgress& progress) {
  const auto now = std::chrono::steady_clock::now();
  Told& told = told_[assignment.node_id];
  const bool has_evaluation = progress.selections.size() != told.evaluations;
  const bool is_due = progress.stage != told.stage || now - told.last >= kProgressInterval;
  if (!is_due && !has_evaluation) return;
  told.last = now;
  told.stage = progress.stage;
  process::Progress message;
  message.node_id = assignment.node_id;
  message.attempt = assignment.attempt;
  message.stage = progress.stage;
  message.step = progress.step;
  message.total_steps = progress.total_steps;
  message.loss = progress.loss;
  message.examples_per_second = progress.examples_per_second;
  message.remaining_seconds = progress.remaining_seconds;
  message.checkpoint_seconds = progress.checkpoint_seconds;
  if (has_evaluation) {
    message.evaluated_steps = progress.evaluated_steps;
    message.selections = progress.selections;
    told.evaluations = progress.selections.size();
  }
  channel_.send(process::make_message(message));
}

}  // namespace attempt::train
