#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "datasets/tokenizer.h"
#include "model/t5.h"
#include "runner/sweep/plan.h"
#include "runner/train/attempt_result.h"
#include "runner/train/trial_attempt.h"

namespace attempt::train {

/// Runs trials one after another on one device and keeps the backbone loaded between them.
class TrialRunner {
 public:
  explicit TrialRunner(at::Device device);
  ~TrialRunner();

  /// Runs a trial from its newest checkpoint, or from the start, and publishes its file.
  AttemptResult run(const sweep::TrialSpec& spec, const AttemptContext& context,
                    const TrialMonitor& monitor);

  /// A trial among several, and who is told how it ended.
  struct Member {
    const sweep::TrialSpec& spec;
    AttemptContext context;
    TrialMonitor monitor;
    std::function<void(const AttemptResult&)> ended;
  };

  /// Runs trials of one sweep::bundle_key() at the same time, as run() would each: a step of all of
  /// them is one pass through the backbone. Whoever ends, for whatever reason, leaves the others.
  void run_together(const std::vector<Member>& members);

  /// Builds the token cache of a task.
  AttemptResult prepare(const sweep::PrepareNode& node, const TrialMonitor& monitor);

 private:
  struct LoadedBackbone;

  /// The trial at its newest checkpoint; null and its digest where it was published before.
  std::unique_ptr<TrialAttempt> open(const sweep::TrialSpec& spec, const AttemptContext& context,
                                     const TrialMonitor& monitor, std::string& digest);
  model::T5& backbone(const sweep::ModelSpec& spec);
  const datasets::Tokenizer& tokenizer(const std::string& file);

  at::Device device_;
  int default_threads_;  ///< of the environment; for specs that leave the number open
  std::unique_ptr<LoadedBackbone> backbone_;
  std::string tokenizer_file_;
  std::unique_ptr<datasets::Tokenizer> tokenizer_;
};

}  // namespace attempt::train
