#include "runner/train/update_step.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "runner/train/gradients.h"

namespace attempt::train {

namespace {

/// Sums of row_nll and row_tokens a task, float64.
struct TaskSums {
  std::vector<double> nll;
  std::vector<double> tokens;

  void add(const model::Batch& batch, const model::LossSum& loss) {
    const auto to_host = [](const at::Tensor& values) {
      return values.to(at::kCPU, at::kDouble).contiguous();
    };
    const at::Tensor nlls = to_host(loss.row_nll);
    const at::Tensor counts = to_host(loss.row_tokens);
    const at::Tensor tasks = batch.task_ids.to(at::kCPU).contiguous();
    for (std::int64_t row = 0; row < tasks.numel(); ++row) {
      const auto task = static_cast<std::size_t>(tasks.const_data_ptr<std::int64_t>()[row]);
      nll.at(task) += nlls.const_data_ptr<double>()[row];
      tokens.at(task) += counts.const_data_ptr<double>()[row];
    }
  }
};

}  // namespace

UpdateResult update_step(model::Method& method, Optimizer& optimizer, model::Dropout& dropout,
                         std::span<const model::Batch> micro_batches, const UpdateOptions& options,
                         LossGraphs* graphs) {
  const std::vector<model::TrainedParameter>& parameters = method.parameters();
  clear_gradients(parameters);
  std::vector<at::Tensor> nlls;
  std::int64_t tokens = 0;
  const auto task_count = static_cast<std::size_t>(options.tasks);
  TaskSums sums{std::vector<double>(task_count), std::vector<double>(task_count)};
  for (const model::Batch& batch : micro_batches) {
    model::LossSum loss;
    if (graphs != nullptr && micro_batches.size() == 1) {
      loss = graphs->run(method, batch, dropout);
    } else {
      loss = method.loss(batch, dropout);
      loss.nll.backward();
    }
    nlls.push_back(loss.nll.detach());
    tokens += loss.tokens;
    if (task_count > 0) sums.add(batch, loss);
  }
  double nll = 0;
  for (const at::Tensor& sum : nlls) nll += sum.item<double>();
  UpdateResult result = apply_gradients(method, optimizer, {nll, tokens}, options);
  for (std::size_t task = 0; task < task_count; ++task) {
    result.task_loss.push_back(sums.tokens[task] > 0 ? sums.nll[task] / sums.tokens[task]
                                                     : std::numeric_limits<double>::quiet_NaN());
  }
  return result;
}

UpdateResult apply_gradients(model::Method& method, Optimizer& optimizer, const LossTotals& totals,
                             const UpdateOptions& options) {
  const std::vector<model::TrainedParameter>& parameters = method.parameters();
  const double divisor = static_cast<double>(std::max<std::int64_t>(1, totals.tokens));
  scale_gradients(parameters, 1 / divisor);
  const UpdateResult result{totals.nll / divisor, gradient_norm(parameters), {}};
  if (!std::isfinite(result.loss) || !std::isfinite(result.gradient_norm)) return result;
  if (options.gradient_clip > 0) {
    const double factor = clip_factor(result.gradient_norm, options.gradient_clip);
    if (factor < 1) scale_gradients(parameters, factor);
  }
  optimizer.step(options.learning_rate_factor);
  clear_gradients(parameters);
  return result;
}

}  // namespace attempt::train
