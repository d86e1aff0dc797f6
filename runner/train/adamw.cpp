#include "runner/train/adamw.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <map>
#include <utility>

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

void AdamW::update(const Slots& slots, double rate, double weight_decay, double step) const {
  if (options_.form == AdamWForm::kTorch && slots.value.front().is_cuda()) {
    const std::vector<at::Tensor> steps(slots.value.size(),
                                        at::full({}, step, slots.value.front().options()));
    at::_fused_adamw_(slots.value, slots.gradient, slots.first_moment, slots.second_moment, {},
                      steps, rate, options_.beta1, options_.beta2, weight_decay, options_.eps,
                      /*amsgrad=*/false, /*maximize=*/false);
    return;
  }
  const double correction1 = 1 - std::pow(options_.beta1, step);
  const double correction2 = 1 - std::pow(options_.beta2, step);
  const auto& [value, gradient, first, second] = slots;
  at::_foreach_lerp_(first, gradient, 1 - options_.beta1);
  at::_foreach_mul_(second, options_.beta2);
  at::_foreach_addcmul_(second, gradient, gradient, 1 - options_.beta2);
  const std::vector<at::Tensor> denominator = at::_foreach_sqrt(second);
  if (options_.form == AdamWForm::kTorch) {
    at::_foreach_mul_(value, 1 - rate * weight_decay);
    at::_foreach_div_(denominator, std::sqrt(correction2));
    at::_foreach_add_(denominator, options_.eps);
    at::_foreach_addcdiv_(value, first, denominator, -rate / correction1);
  } else {
    at::_foreach_add_(denominator, options_.eps);
    at::_foreach_addcdiv_(value, first, denominator, -rate * std::sqrt(correction2) / correction1);
    at::_foreach_mul_(value, 1 - rate * weight_decay);
  }
}

void AdamW::step(double factor) {
  const c10::NoGradGuard no_grad;
  ++step_count_;
  // Parameters of equal rate and decay are updated together.
  std::map<std::pair<double, double>, Slots> groups;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const OptimizedParameter& parameter = parameters_[i];
    const at::Tensor& gradient = parameter.value.grad();
    if (!gradient.defined()) continue;
    if (!parameter.is_updated_by_row) {
      Slots& slots = groups[{parameter.learning_rate, parameter.weight_decay}];
      slots.value.push_back(parameter.value);
      slots.gradient.push_back(gradient);
      slots.first_moment.push_back(first_moments_[i]);
      slots.second_moment.push_back(second_moments_[i]);
      continue;
    }
    const at::Tensor has_gradient = gradient.flatten(1).ne(0).any(1).to(at::kCPU);
    for (std::int64_t row = 0; row < gradient.size(0); ++row) {
      if (!has_gradient[row].item<bool>()) continue;
      const double step = row_steps_[i][row].add_(1).item<double>();
      update({{parameter.value[row]},
              {gradient[row]},
              {first_moments_[i][row]},
              {second_moments_[i][row]}},
             parameter.learning_rate * factor, parameter.weight_decay, step);
    }
  }
  for (const auto& [settings, slots] : groups) {
    update(slots, settings.first * factor, settings.second, static_cast<double>(step_count_));
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
