#pragma once

#include <memory>
#include <vector>

#include "model/dropout.h"
#include "model/methods/prompt_bundle.h"
#include "runner/train/loss_graphs.h"
#include "runner/train/trial_loop.h"

namespace attempt::train {

/// The steps of several trials, each of them one pass through the backbone for all.
class BundlePass {
 public:
  /// @param loops  of trials of one sweep::bundle_key(), two at least; they outlive this
  explicit BundlePass(std::vector<TrialLoop*> loops);

  /// Losses and gradients of every trial's next batch, as update_step() has them from a pass of its
  /// own to rounding, and dropout's masks are the same. The gradients stand in the parameters.
  /// @return what apply_gradients() takes, in the order of the loops
  std::vector<LossTotals> run();

 private:
  std::vector<TrialLoop*> loops_;
  std::unique_ptr<model::PromptBundle> method_;
  model::Dropout dropout_;  ///< of passes with whole batches; what is captured draws from it
  LossGraphs graphs_;
};

}  // namespace attempt::train
