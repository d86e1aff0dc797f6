#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/metrics.h"
#include "datasets/tokenizer.h"
#include "model/method.h"
#include "model/methods/mixed_prompts.h"
#include "runner/train/attention_statistics.h"
#include "runner/train/task_tokens.h"
#include "runner/train/trial_monitor.h"

namespace attempt::train {

struct SplitEvaluation {
  datasets::Scores scores;
  double loss = 0;  ///< nats a target token, over the whole split
  std::vector<std::string> predictions;
  std::vector<std::string> targets;
  std::vector<std::string> ids;
  std::int64_t rows = 0;           ///< that were evaluated
  double seconds = 0;              ///< that they took
  std::int64_t rows_of_first = 0;  ///< of a probe: that ran once more, before the clock
  AttentionStatistics attention;
};

/// A task among those whose rows share batches.
struct SharingTask {
  TaskTokens tokens;  ///< its task_id is its place among the members of the method
  datasets::DataRules rules;
};

struct EvaluatorOptions {
  at::Device device = at::kCPU;
  datasets::DataRules rules;
  std::int64_t batch_size = 0;  ///< rows; 0: 64, on a GPU 256
  /// 0: all batches. Else so many at most, spread over the lengths and decoded as far as their
  /// labels go, as a trained model does: for what evaluations cost, the scores mean nothing.
  std::int64_t most_batches = 0;
};

/// Evaluates a method on a split: token-mean loss, greedy generation, scores. No dropout, no
/// gradients. Batches hold examples of similar length; results come in the order of the split.
class Evaluator {
 public:
  Evaluator(const datasets::Tokenizer& tokenizer, EvaluatorOptions options);

  /// @param progress  what `monitor` is told. @throws StopRequested, TrialFailure for a loss that
  /// is not a number.
  SplitEvaluation evaluate(model::Method& method, const TaskTokens& task, datasets::Split split,
                           const TrialMonitor& monitor, const TrialProgress& progress) const;

  /// The same for tasks whose rows share batches; the results are those of each task alone, to
  /// rounding. @param tasks  with one greatest number of new tokens, at least one of them
  /// @throws TrialFailure for a loss that is not a number.
  std::vector<SplitEvaluation> evaluate_together(model::MixedPrompts& method,
                                                 const std::vector<SharingTask>& tasks,
                                                 datasets::Split split) const;

 private:
  /// Loss, targets and scores of a split whose predictions are there.
  void finish(const TaskTokens& task, datasets::Split split, const datasets::DataRules& rules,
              double nll, std::int64_t tokens, SplitEvaluation& result) const;
  std::size_t batch_size() const;

  const datasets::Tokenizer& tokenizer_;
  EvaluatorOptions options_;
};

}  // namespace attempt::train
