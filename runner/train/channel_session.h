#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <set>
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
  /// What was told of a running trial.
  struct Told {
    std::size_t evaluations = 0;
    std::chrono::steady_clock::time_point last{};
    std::string stage;
  };

  /// Runs an assignment and its mates, and tells how each ended.
  void execute(const process::Assignment& assignment);
  void send_outcome(const process::Assignment& assignment, const AttemptResult& result);
  TrialMonitor monitor_of(const process::Assignment& assignment);
  void send_progress(const process::Assignment& assignment, const TrialProgress& progress);

  process::Channel channel_;
  TrialRunner& runner_;
  process::Hello hello_;
  std::deque<process::Assignment> assignments_;
  bool is_stopping_ = false;
  bool is_device_lost_ = false;
  std::chrono::steady_clock::time_point started_{};  ///< the assignment
  std::set<std::string> finishing_;                  ///< trials that were asked to end training
  std::map<std::string, Told> told_;                 ///< by trial
};

}  // namespace attempt::train
