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
      finishing_ = message->as<process::Finish>().node_id;
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
    const auto start = std::chrono::steady_clock::now();
    const AttemptResult result = execute(assignment);
    process::Outcome outcome;
    outcome.node_id = assignment.node_id;
    outcome.attempt = assignment.attempt;
    outcome.status = result.status;
    outcome.message = result.message;
    outcome.cause = result.cause;
    outcome.digest = result.digest;
    outcome.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    channel_.send(process::make_message(outcome));
    if (result.is_device_lost) return kDeviceLostExitCode;
  }
  return 0;
}

AttemptResult ChannelSession::execute(const process::Assignment& assignment) {
  TrialMonitor monitor;
  monitor.should_stop = [this] { return should_leave(); };
  finishing_.clear();
  told_evaluations_ = 0;
  monitor.should_finish = [this, &assignment] { return finishing_ == assignment.node_id; };
  monitor.progress = [this, &assignment](const TrialProgress& progress) {
    send_progress(assignment, progress);
  };
  try {
    if (assignment.is_prepare) {
      return runner_.prepare(read_prepare_node(assignment.spec_file), monitor);
    }
    return runner_.run(
        read_trial_spec(assignment.spec_file),
        {results::StudyFolder(assignment.study), assignment.run_id, assignment.attempt}, monitor);
  } catch (const std::exception& error) {
    AttemptResult result;
    result.cause = "spec";
    result.message = error.what();
    return result;
  }
}

void ChannelSession::send_progress(const process::Assignment& assignment,
                                   const TrialProgress& progress) {
  const auto now = std::chrono::steady_clock::now();
  const bool has_evaluation = progress.selections.size() != told_evaluations_;
  const bool is_due = progress.stage != last_stage_ || now - last_progress_ >= kProgressInterval;
  if (!is_due && !has_evaluation) return;
  last_progress_ = now;
  last_stage_ = progress.stage;
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
    told_evaluations_ = progress.selections.size();
  }
  channel_.send(process::make_message(message));
}

}  // namespace attempt::train
