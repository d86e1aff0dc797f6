#include "runner/train/loss_graphs.h"

#include <ATen/ATen.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAStream.h>

#include <map>
#include <tuple>

namespace attempt::train {

namespace {

/// What a captured pass is fixed to.
using Shape = std::tuple<std::int64_t, std::int64_t, std::int64_t, double, bool>;

Shape shape_of(const model::Batch& batch) {
  return {batch.input_ids.size(0), batch.input_ids.size(1), batch.labels.size(1),
          batch.loss_rule.label_smoothing, batch.loss_rule.is_mean_of_rows};
}

model::Batch copy_of(const model::Batch& batch) {
  model::Batch copy = batch;
  copy.input_ids = batch.input_ids.clone();
  copy.attention_mask = batch.attention_mask.clone();
  copy.labels = batch.labels.clone();
  if (batch.task_ids.defined()) copy.task_ids = batch.task_ids.clone();
  return copy;
}

struct Captured {
  at::cuda::CUDAGraph graph;
  model::Batch batch;   ///< what the graph reads
  model::LossSum loss;  ///< what it writes
  std::vector<at::Tensor> gradients;
  std::uint64_t draws = 0;  ///< of dropout, a replay
};

void drop_gradients(const model::Method& method) {
  for (const model::TrainedParameter& parameter : method.parameters()) {
    at::Tensor value = parameter.value;
    value.mutable_grad() = at::Tensor();
  }
}

}  // namespace

struct LossGraphs::State {
  std::map<Shape, std::unique_ptr<Captured>> graphs;  ///< null: seen once
  std::optional<at::cuda::MempoolId_t> pool;          ///< shared: passes never overlap
  bool can_capture = true;

  std::unique_ptr<Captured> capture(model::Method& method, const model::Batch& batch,
                                    model::Dropout& dropout);
};

LossGraphs::LossGraphs() : state_(std::make_unique<State>()) {}
LossGraphs::~LossGraphs() = default;

std::unique_ptr<Captured> LossGraphs::State::capture(model::Method& method,
                                                     const model::Batch& batch,
                                                     model::Dropout& dropout) {
  auto captured = std::make_unique<Captured>();
  captured->batch = copy_of(batch);
  dropout.start_step();
  const std::uint64_t before = dropout.draws();
  drop_gradients(method);
  c10::cuda::getCurrentCUDAStream().synchronize();
  captured->graph.capture_begin(pool.value_or(at::cuda::MempoolId_t{0, 0}),
                                cudaStreamCaptureModeThreadLocal);
  try {
    captured->loss = method.loss(captured->batch, dropout);
    captured->loss.nll.backward();
    captured->loss.nll = captured->loss.nll.detach();
  } catch (...) {
    try {
      captured->graph.capture_end();
    } catch (const std::exception&) {  // the capture is broken already
    }
    dropout.skip(before - dropout.draws());
    throw;
  }
  captured->graph.capture_end();
  if (!pool) pool = captured->graph.pool();
  captured->draws = dropout.draws() - before;
  dropout.skip(before - dropout.draws());  // nothing has run yet
  for (const model::TrainedParameter& parameter : method.parameters())
    captured->gradients.push_back(parameter.value.grad());
  return captured;
}

model::LossSum LossGraphs::run(model::Method& method, const model::Batch& batch,
                               model::Dropout& dropout) {
  const auto launch = [&] {
    drop_gradients(method);
    model::LossSum loss = method.loss(batch, dropout);
    loss.nll.backward();
    return loss;
  };
  const bool can_capture = state_->can_capture && method.can_be_captured();
  if (!can_capture || !batch.input_ids.is_cuda()) return launch();
  const auto [entry, is_new] = state_->graphs.try_emplace(shape_of(batch));
  if (is_new) return launch();
  if (entry->second == nullptr) {
    try {
      entry->second = state_->capture(method, batch, dropout);
    } catch (const c10::Error&) {  // a kernel that cannot be captured
      state_->can_capture = false;
      return launch();
    }
  }
  Captured& captured = *entry->second;
  captured.batch.input_ids.copy_(batch.input_ids, /*non_blocking=*/true);
  captured.batch.attention_mask.copy_(batch.attention_mask, /*non_blocking=*/true);
  captured.batch.labels.copy_(batch.labels, /*non_blocking=*/true);
  if (batch.task_ids.defined())
    captured.batch.task_ids.copy_(batch.task_ids, /*non_blocking=*/true);
  dropout.start_step();
  captured.graph.replay();
  dropout.skip(captured.draws);
  for (std::size_t i = 0; i < captured.gradients.size(); ++i) {
    at::Tensor value = method.parameters()[i].value;
    value.mutable_grad() = captured.gradients[i];
  }
  model::LossSum loss = captured.loss;
  if (!batch.loss_rule.is_mean_of_rows) loss.tokens = batch.label_tokens;
  return loss;
}

void use_capturable_stream() { c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool()); }

}  // namespace attempt::train
