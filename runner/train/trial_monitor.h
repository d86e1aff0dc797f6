#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace attempt::train {

struct TrialProgress {
  std::string stage;  ///< "loading", "tokenising", "training", "evaluating", "testing"
  std::int64_t step = 0;
  std::int64_t total_steps = 0;
  double loss = 0;
  double examples_per_second = 0;
  double remaining_seconds = 0;
  double checkpoint_seconds = 0;  ///< what the last checkpoint took to write; 0: none yet
  std::vector<std::int64_t> evaluated_steps;
  std::vector<double> selections;  ///< one an evaluated step
};

/// What a running trial asks of and tells to whoever started it. All may be empty.
struct TrialMonitor {
  std::function<bool()> should_stop;                   ///< asked at every step and batch
  std::function<bool()> should_finish;                 ///< asked at every step: no more training
  std::function<void(const TrialProgress&)> progress;  ///< told at every step and batch

  /// @throws StopRequested when should_stop says so.
  void check_stop() const;
  void report(const TrialProgress& now) const;
};

}  // namespace attempt::train
