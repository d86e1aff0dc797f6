#include "runner/train/loss_graphs.h"

namespace attempt::train {

struct LossGraphs::State {};

LossGraphs::LossGraphs() = default;
LossGraphs::~LossGraphs() = default;

model::LossSum LossGraphs::run(model::Method& method, const model::Batch& batch,
                               model::Dropout& dropout) {
  model::LossSum loss = method.loss(batch, dropout);
  loss.nll.backward();
  return loss;
}

void use_capturable_stream() {}

}  // namespace attempt::train
