#include "runner/train/adamw.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>

namespace attempt::train {

AdamW::AdamW(std::vector<OptimizedParameter> parameters, const AdamWOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  const c10::NoGradGuard no_grad;
  for (const OptimizedParameter& parameter : parameters_) {
    first_moments_.push_back(at::zeros_like(parameter.value));
    second_moments_.push_back(at::zeros_like(parameter.value));
    row_steps_.push_back(parameter.is_updated_by_row ? at::zeros({parameter.value.size(0)})
                                                     : at::Tensor());
  }
}

void AdamW::update(const OptimizedParameter& parameter, const Slot& slot, double rate,
                   double step) const {
  const double correction1 = 1 - std::pow(options_.beta1, step);
  const double correction2 = 1 - std::pow(options_.beta2, step);
  const auto& [value, gradient, first, second] = slot;
  first.lerp_(gradient, 1 - options_.beta1);
  second.mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
  if (options_.form == AdamWForm::kTorch) {
    value.mul_(1 - rate * parameter.weight_decay);
    const at::Tensor denominator = second.sqrt().div_(std::sqrt(correction2)).add_(options_.eps);
    value.addcdiv_(first, denominator, -rate / correction1);
  } else {
    const at::Tensor denominator = second.sqrt().add_(options_.eps);
    value.addcdiv_(first, denominator, -rate * std::sqrt(correction2) / correction1);
    value.mul_(1 - rate * parameter.weight_decay);
  }
}

void AdamW::step(double factor) {
  const c10::NoGradGuard no_grad;
  ++step_count_;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const OptimizedParameter& parameter = parameters_[i];
    const at::Tensor& gradient = parameter.value.grad();
    if (!gradient.defined()) continue;
    const double rate = parameter.learning_rate * factor;
    const Slot slot = {parameter.value, gradient, first_moments_[i], second_moments_[i]};
    if (!parameter.is_updated_by_row) {
      update(parameter, slot, rate, static_cast<double>(step_count_));
      continue;
    }
    const at::Tensor has_gradient = gradient.flatten(1).ne(0).any(1);
    for (std::int64_t row = 0; row < gradient.size(0); ++row) {
      if (!has_gradient[row].item<bool>()) continue;
      const double step = row_steps_[i][row].add_(1).item<double>();
      update(parameter,
             {slot.value[row], slot.gradient[row], slot.first_moment[row], slot.second_moment[row]},
             rate, step);
    }
  }
}

std::vector<model::NamedTensor> AdamW::state() const {
  std::vector<model::NamedTensor> slots;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    slots.push_back({parameters_[i].name + ".exp_avg", first_moments_[i]});
    slots.push_back({parameters_[i].name + ".exp_avg_sq", second_moments_[i]});
    if (row_steps_[i].defined()) slots.push_back({parameters_[i].name + ".steps", row_steps_[i]});
  }
  return slots;
}

}  // namespace attempt::train
