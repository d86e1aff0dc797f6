#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datasets/tokenizer.h"
#include "model/t5.h"
#include "results/study_folder.h"
#include "runner/sweep/trial_spec.h"
#include "runner/train/evaluator.h"
#include "runner/train/source_prompts.h"
#include "runner/train/start_tensors.h"
#include "runner/train/trial_loop.h"

namespace attempt::train {

/// Where an attempt of a trial lives.
struct AttemptContext {
  results::StudyFolder study;
  std::string run_id;
  std::int64_t attempt = 1;
};

/// One trial, loaded and at its newest checkpoint or its start: its loop, and its file at the end.
class TrialAttempt {
 public:
  struct Place {
    model::T5& t5;
    const datasets::Tokenizer& words;
    at::Device device;
  };

  /// All that is given outlives it. @throws what attempt_result.h knows
  TrialAttempt(const sweep::TrialSpec& spec, const AttemptContext& context,
               const TrialMonitor& monitor, const Place& place);

  TrialLoop& loop() { return *loop_; }

  /// Publishes the trial's file after its training. @return its digest
  std::string publish();

 private:
  /// The trained side, rebuilt when a checkpoint turns out to be unusable.
  struct Live {
    std::unique_ptr<model::Method> method;
    std::unique_ptr<Optimizer> optimizer;
    model::Dropout dropout;
  };
  Live make_live(const LoadedSources& sources, const StartTensors& starts) const;
  void open_tasks();
  LoadedSources load_sources() const;

  const sweep::TrialSpec& spec_;
  const AttemptContext& context_;
  Place place_;
  std::vector<TaskTokens> tasks_;
  Live live_;
  std::unique_ptr<Evaluator> evaluator_;
  CheckpointWriter checkpoints_;
  std::unique_ptr<TrialLoop> loop_;
};

}  // namespace attempt::train
