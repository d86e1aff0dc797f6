#pragma once

#include <memory>

#include "model/dropout.h"
#include "model/method.h"

namespace attempt::train {

/// Losses and gradients of one method in training, captured as CUDA graphs: a pass is some thousand
/// kernels, which cost more to launch than to run. A graph is made the second time that a shape of
/// batch comes and replayed from then on. Elsewhere than on CUDA, and for a method whose pass
/// cannot be captured, every pass is launched anew.
class LossGraphs {
 public:
  LossGraphs();
  ~LossGraphs();
  LossGraphs(const LossGraphs&) = delete;
  LossGraphs& operator=(const LossGraphs&) = delete;

  /// The loss of a batch; its gradients stand in the parameters. What this returns and the
  /// gradients are overwritten by the next call.
  model::LossSum run(model::Method& method, const model::Batch& batch, model::Dropout& dropout);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A stream of the trainer's own, on which passes can be captured. Call once, before the first
/// tensor.
void use_capturable_stream();

}  // namespace attempt::train
