#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "datasets/tokenizer.h"
#include "model/t5.h"
#include "results/study_folder.h"
#include "runner/process/message.h"
#include "runner/sweep/plan.h"
#include "runner/sweep/trial_spec.h"
#include "runner/train/trial_monitor.h"

namespace attempt::train {

/// Where an attempt of a trial lives.
struct AttemptContext {
  results::StudyFolder study;
  std::string run_id;
  std::int64_t attempt = 1;
};

/// How an attempt ended; never an exception.
struct AttemptResult {
  process::OutcomeStatus status = process::OutcomeStatus::kFailed;
  std::string cause;            ///< "" on success
  std::string message;          ///< for people
  std::string digest;           ///< of the published file
  bool is_device_lost = false;  ///< the process should end: its device takes no more work
};

/// Runs trials one after another on one device and keeps the backbone loaded between them.
class TrialRunner {
 public:
  explicit TrialRunner(at::Device device);
  ~TrialRunner();

  /// Runs a trial from its newest checkpoint, or from the start, and publishes its file.
  AttemptResult run(const sweep::TrialSpec& spec, const AttemptContext& context,
                    const TrialMonitor& monitor);

  /// Builds the token cache of a task.
  AttemptResult prepare(const sweep::PrepareNode& node, const TrialMonitor& monitor);

 private:
  struct LoadedBackbone;

  std::string run_and_publish(const sweep::TrialSpec& spec, const AttemptContext& context,
                              const TrialMonitor& monitor);
  model::T5& backbone(const sweep::ModelSpec& spec);
  const datasets::Tokenizer& tokenizer(const std::string& file);

  at::Device device_;
  int default_threads_;  ///< of the environment; for specs that leave the number open
  std::unique_ptr<LoadedBackbone> backbone_;
  std::string tokenizer_file_;
  std::unique_ptr<datasets::Tokenizer> tokenizer_;
};

}  // namespace attempt::train
