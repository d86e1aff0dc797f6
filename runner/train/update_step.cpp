#include "runner/train/update_step.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <limits>

#include "runner/train/gradients.h"

namespace attempt::train {

namespace {

/// A copy on the host that is there when the device comes to it.
at::Tensor on_its_way_to_host(const at::Tensor& values) {
  if (values.is_cpu()) return values;
  const at::Tensor host = at::empty(
      values.sizes(), at::TensorOptions().dtype(values.scalar_type()).pinned_memory(true));
  host.copy_(values, /*non_blocking=*/true);
  return host;
}

/// Gradients that hold no number become zeros, without waiting to see whether there are any.
void without_bad_gradients(const std::vector<model::TrainedParameter>& parameters,
                           const at::Tensor& numbers) {
  const at::Tensor is_bad = at::isfinite(numbers).all().logical_not();
  for (const model::TrainedParameter& parameter : parameters) {
    at::Tensor gradient = parameter.value.grad();
    if (gradient.defined()) gradient.masked_fill_(is_bad, 0);
  }
}

}  // namespace

UpdateResult PendingUpdate::wait() const {
  if (are_copied_) are_copied_->synchronize();
  const double* numbers = numbers_.const_data_ptr<double>();
  UpdateResult result;
  result.gradient_norm = numbers[0];
  result.loss = numbers[1] / divisor_;
  std::vector<double> nll(tasks_), tokens(tasks_);
  for (const Rows& rows : rows_) {
    const at::Tensor nlls = rows.nll.to(at::kDouble).contiguous();
    const at::Tensor counts = rows.tokens.to(at::kDouble).contiguous();
    const at::Tensor of_task = rows.task.contiguous();
    for (std::int64_t row = 0; row < of_task.numel(); ++row) {
      const auto task = static_cast<std::size_t>(of_task.const_data_ptr<std::int64_t>()[row]);
      nll.at(task) += nlls.const_data_ptr<double>()[row];
      tokens.at(task) += counts.const_data_ptr<double>()[row];
    }
  }
  for (std::size_t task = 0; task < tasks_; ++task) {
    result.task_loss.push_back(tokens[task] > 0 ? nll[task] / tokens[task]
                                                : std::numeric_limits<double>::quiet_NaN());
  }
  if (!std::isfinite(result.gradient_norm)) {
    const at::Tensor is_bad = at::isfinite(norms_).logical_not().to(at::kCPU);
    const at::Tensor bad = is_bad.nonzero();
    if (bad.size(0) > 0)
      result.bad_gradient = with_gradient_[static_cast<std::size_t>(bad[0].item<std::int64_t>())];
  }
  return result;
}

PendingUpdate apply_gradients(model::Method& method, Optimizer& optimizer, const LossTotals& totals,
                              const UpdateOptions& options) {
  const std::vector<model::TrainedParameter>& parameters = method.parameters();
  PendingUpdate update;
  update.divisor_ = static_cast<double>(std::max<std::int64_t>(1, totals.tokens));
  scale_gradients(parameters, 1 / update.divisor_);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].value.grad().defined()) update.with_gradient_.push_back(i);
  update.norms_ = gradient_norms(parameters);
  const at::Tensor norm = norm_of_norms(update.norms_);
  const at::Tensor numbers = at::stack({norm.to(totals.nll.device(), at::kDouble), totals.nll});
  update.numbers_ = on_its_way_to_host(numbers);
  if (!numbers.is_cpu()) {
    const c10::impl::VirtualGuardImpl device(numbers.device().type());
    update.are_copied_.emplace(numbers.device().type());
    update.are_copied_->record(device.getStream(numbers.device()));
  } else if (!update.wait().is_finite()) {
    return update;
  }
  if (options.gradient_clip > 0) clip_gradients(parameters, norm, options.gradient_clip);
  if (!numbers.is_cpu()) without_bad_gradients(parameters, numbers);
  optimizer.step(options.learning_rate_factor);
  clear_gradients(parameters);
  return update;
}

PendingUpdate start_update(model::Method& method, Optimizer& optimizer, model::Dropout& dropout,
                           std::span<const model::Batch> micro_batches,
                           const UpdateOptions& options, LossGraphs* graphs) {
  clear_gradients(method.parameters());
  std::vector<PendingUpdate::Rows> rows;
  LossTotals totals;
  for (const model::Batch& batch : micro_batches) {
    model::LossSum loss;
    if (graphs != nullptr && micro_batches.size() == 1) {
      loss = graphs->run(method, batch, dropout);
    } else {
      loss = method.loss(batch, dropout);
      loss.nll.backward();
    }
    const at::Tensor nll = loss.nll.detach().to(at::kDouble);
    totals.nll = totals.nll.defined() ? totals.nll + nll : nll;
    totals.tokens += loss.tokens;
    if (options.tasks > 0) {
      rows.push_back({on_its_way_to_host(loss.row_nll), on_its_way_to_host(loss.row_tokens),
                      on_its_way_to_host(batch.task_ids)});
    }
  }
  PendingUpdate update = apply_gradients(method, optimizer, totals, options);
  update.tasks_ = static_cast<std::size_t>(options.tasks);
  update.rows_ = std::move(rows);
  return update;
}

UpdateResult update_step(model::Method& method, Optimizer& optimizer, model::Dropout& dropout,
                         std::span<const model::Batch> micro_batches, const UpdateOptions& options,
                         LossGraphs* graphs) {
  return start_update(method, optimizer, dropout, micro_batches, options, graphs).wait();
}

}  // namespace attempt::train
