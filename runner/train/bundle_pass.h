#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/dropout.h"
#include "model/methods/prompt_bundle.h"
#include "runner/train/loss_graphs.h"
#include "runner/train/update_step.h"

namespace attempt::train {

/// Passes over the batches of several trials at once; on a GPU they are captured and replayed.
class BundlePass {
 public:
  struct Member {
    model::Method& method;
    model::Dropout& dropout;
  };
  struct Shape {
    std::int64_t batch_size = 0;  ///< rows of a member's whole batch
    std::int64_t prompt_length = 0;
    std::int64_t source_multiple = 1;  ///< of the padded length of the texts
  };

  /// @param members  of one sweep::bundle_key(); what they refer to outlives this
  BundlePass(const model::T5& backbone, std::vector<Member> members, const Shape& shape);

  /// Losses and gradients of a batch of every member: to rounding those of update_step(), from the
  /// same dropout masks. The gradients stand in the parameters.
  /// @return what apply_gradients() takes, by member
  std::vector<LossTotals> run(std::span<const model::Batch> batches);

 private:
  const model::T5& backbone_;
  std::vector<Member> members_;
  Shape shape_;
  std::unique_ptr<model::PromptBundle> method_;
  model::Dropout dropout_;  ///< of passes with whole batches; what is captured draws from it
  LossGraphs graphs_;
};

}  // namespace attempt::train
