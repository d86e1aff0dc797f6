#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/dropout.h"
#include "model/method.h"
#include "results/checkpoint_file.h"
#include "runner/train/optimizer.h"

namespace attempt::train {

/// Everything of a running trial that changes from step to step, besides the trained tensors, the
/// optimiser's moments and the dropout stream.
struct TrialState {
  std::int64_t step = 0;              ///< updates done
  std::int64_t last_evaluation = -1;  ///< step of the newest evaluation; -1: none yet
  std::int64_t best_step = -1;        ///< -1: none yet
  double best_selection = 0;
  double best_loss = 0;
  std::int64_t evaluations_without_improvement = 0;
  std::int64_t examples = 0;  ///< training examples seen
  std::string bundle;         ///< whose steps share passes with it; see TrialLoop::share_passes()
  std::vector<results::NamedArray> best_parameters;
  results::TrialRecord record;
};

/// The live objects that a checkpoint is taken of.
struct CheckpointedObjects {
  model::Method& method;
  Optimizer& optimizer;
  model::Dropout& dropout;
};

/// @param conditions  JSON of what must be equal for an exact continuation; see run_conditions()
results::Checkpoint make_checkpoint(const TrialState& state, const CheckpointedObjects& objects,
                                    const std::string& conditions);

/// Puts a checkpoint back. A continuation under other conditions is marked: record.exact = false.
/// @throws std::exception when the checkpoint is of other tensors.
TrialState restore_checkpoint(results::Checkpoint checkpoint, const CheckpointedObjects& objects,
                              const std::string& conditions);

/// JSON of what architecture.md section 6 makes a condition of exact resume: build, library,
/// device or instruction set, thread count, micro-batch.
std::string run_conditions(const at::Device& device, std::int64_t micro_batch);

}  // namespace attempt::train
