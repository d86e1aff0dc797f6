#pragma once

#include <optional>
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
#include "runner/train/update_step.h"

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

  // The parts of run(), for a trial whose steps share their passes with those of others.

  /// Does what is due in front of the next step: evaluation, checkpoint, the look at requests.
  /// @return false when there is no further step. @throws as run()
  bool prepare_step();
  /// Leaves on request, as prepare_step() does. @throws StopRequested after writing a checkpoint
  void check_stop();
  /// The batches of the next step; each is given once.
  std::vector<model::Batch> next_micro_batches();
  UpdateOptions update_options() const;
  /// Takes what the next step started, and records the step before it: on a GPU that is known by
  /// now. @param seconds  it took to start. @throws TrialFailure
  void end_step(PendingUpdate update, double seconds);
  /// Waits for the step that was started last and records it, if there is one. Everything that
  /// looks at parameters or history does this first. @throws TrialFailure
  void settle();
  /// Tests the best parameters. @throws as run()
  void finish();
  /// Steps from now on share their passes. A trial that was continued among others than before, or
  /// further from them, is marked: record.exact = false.
  /// @param bundle  who, in order, and how far from this trial's step; "": nobody
  /// @param width   trials in a pass
  void share_passes(const std::string& bundle, std::int64_t width);

  const TrialParts& parts() const { return parts_; }
  const TrialState& state() const { return state_; }
  const ProbeClock& probe() const { return probe_; }

  /// One whole step of this trial alone.
  void train_one_step();

 private:
  template <typename Function>
  auto with_checkpoint_at_stop(Function function);
  bool is_evaluation_due() const;
  bool is_patience_exhausted() const;
  bool is_probe_over() const;
  void evaluate();
  void keep_if_best(double selection, double loss);
  void test_best();
  void save_checkpoint();
  TrialProgress progress(const char* stage) const;

  /// Of the step before state_.step, while a GPU is at it.
  struct StartedStep {
    PendingUpdate update;
    double rate_factor = 0;
  };
  /// settle(), whose time is training time.
  void settle_alone();

  TrialParts parts_;
  TrialState state_;
  std::optional<StartedStep> started_;
  CheckpointWriter& checkpoints_;
  const TrialMonitor& monitor_;
  datasets::MixedOrder order_;
  LearningRateSchedule schedule_;
  std::string conditions_;
  LossGraphs graphs_;
  ProbeClock probe_;             ///< of a trial of that phase
  bool has_begun_ = false;       ///< share_passes() was called
  double seconds_per_step_ = 0;  ///< moving average, for the forecast only
};

}  // namespace attempt::train
