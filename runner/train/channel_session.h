#pragma once

#include <chrono>
#include <deque>
#include <string>

#include "runner/process/channel.h"
#include "runner/process/message.h"
#include "runner/train/trial_runner.h"

namespace attempt::train {

/// The trainer's side of the socket to its agent: says Hello, runs what is assigned, reports
/// progress at most once a second and one Outcome each. Ends when asked to stop or when the agent
/// is gone. One thread: the socket is looked at between two steps.
class ChannelSession {
 public:
  ChannelSession(process::Channel channel, TrialRunner& runner, process::Hello hello);

  /// @return the exit code of the process.
  int run();

 private:
  void take_messages();
  bool should_leave();
  AttemptResult execute(const process::Assignment& assignment);
  void send_progress(const process::Assignment& assignment, const TrialProgress& progress);

  process::Channel channel_;
  TrialRunner& runner_;
  process::Hello hello_;
  std::deque<process::Assignment> assignments_;
  bool is_stopping_ = false;
  std::string finishing_;  ///< trial that was asked to end its training
  std::size_t told_evaluations_ = 0;
  std::chrono::steady_clock::time_point last_progress_{};
  std::string last_stage_;
};

}  // namespace attempt::train
