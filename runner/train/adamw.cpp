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
  }
}

void AdamW::step(double factor) {
  const c10::NoGradGuard no_grad;
  ++step_count_;
  const double correction1 = 1 - std::pow(options_.beta1, static_cast<double>(step_count_));
  const double correction2 = 1 - std::pow(options_.beta2, static_cast<double>(step_count_));
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const OptimizedParameter& parameter = parameters_[i];
    const at::Tensor& gradient = parameter.value.grad();
    if (!gradient.defined()) continue;
    const double rate = parameter.learning_rate * factor;
    const at::Tensor& value = parameter.value;
    const at::Tensor& first = first_moments_[i];
    const at::Tensor& second = second_moments_[i];
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
}

std::vector<model::NamedTensor> AdamW::state() const {
  std::vector<model::NamedTensor> slots;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    slots.push_back({parameters_[i].name + ".exp_avg", first_moments_[i]});
    slots.push_back({parameters_[i].name + ".exp_avg_sq", second_moments_[i]});
  }
  return slots;
}

}  // namespace attempt::train
