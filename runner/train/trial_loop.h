#pragma once

#include <vector>

#include "datasets/mixed_order.h"
#include "model/dropout.h"
#include "model/method.h"
#include "model/t5.h"
#include "runner/sweep/trial_spec.h"
#include "runner/train/checkpoint_writer.h"
#include "runner/train/evaluator.h"
#include "runner/train/learning_rate_schedule.h"
#include "runner/train/loss_graphs.h"
#include "runner/train/optimizer.h"
#include "runner/train/probe_clock.h"
#include "runner/train/task_tokens.h"
#include "runner/train/trial_monitor.h"
#include "runner/train/trial_state.h"

namespace attempt::train {

/// What a loop works on; all outlives it.
struct TrialParts {
  const sweep::TrialSpec& spec;
  const std::vector<TaskTokens>& tasks;
  const model::T5& backbone;
  const Evaluator& evaluator;
  model::Method& method;
  Optimizer& optimizer;
  model::Dropout& dropout;
};

/// Trains one trial from the step its state is at: updates, evaluations, best parameters, patience,
/// checkpoints. Then tests the best parameters once. All lands in state().record.
class TrialLoop {
 public:
  TrialLoop(const TrialParts& parts, TrialState state, CheckpointWriter& checkpoints,
            const TrialMonitor& monitor);

  /// @throws StopRequested after writing a checkpoint; TrialFailure for a loss that is not a
  /// number.
  void run();

  const TrialState& state() const { return state_; }
  const ProbeClock& probe() const { return probe_; }

 private:
  void train_to_the_end();
  void train_one_step();
  bool is_evaluation_due() const;
  bool is_patience_exhausted() const;
  bool is_probe_over() const;
  void evaluate();
  void keep_if_best(double selection, double loss);
  void test_best();
  void save_checkpoint();
  std::vector<model::Batch> next_micro_batches();
  TrialProgress progress(const char* stage) const;

  TrialParts parts_;
  TrialState state_;
  CheckpointWriter& checkpoints_;
  const TrialMonitor& monitor_;
  datasets::MixedOrder order_;
  LearningRateSchedule schedule_;
  std::string conditions_;
  LossGraphs graphs_;
  ProbeClock probe_;             ///< of a trial of that phase
  double seconds_per_step_ = 0;  ///< moving average, for the forecast only
};

}  // namespace attempt::train
