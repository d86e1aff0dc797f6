#include "runner/train/adafactor.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace attempt::train {

namespace {

constexpr double kEps = 1e-30;
constexpr double kClipThreshold = 1.0;
constexpr double kDecayRate = -0.8;

bool is_prompt(std::string_view name) {
  constexpr std::array<std::string_view, 5> kPrompts = {"prompt", "prompts", "targets",
                                                        "targets_deep", "sources"};
  return std::find(kPrompts.begin(), kPrompts.end(), name) != kPrompts.end();
}

}  // namespace

Adafactor::Adafactor(std::vector<OptimizedParameter> parameters, AdafactorForm form)
    : parameters_(std::move(parameters)) {
  const c10::NoGradGuard no_grad;
  for (const OptimizedParameter& parameter : parameters_) {
    const bool is_factored =
        parameter.value.dim() >= 2 && !(form == AdafactorForm::kT5x && is_prompt(parameter.name));
    Slots slots;
    if (is_factored) {
      slots.row = at::zeros_like(parameter.value.select(-1, 0));
      slots.column = at::zeros_like(parameter.value.select(-2, 0));
    } else {
      slots.full = at::zeros_like(parameter.value);
    }
    slots_.push_back(std::move(slots));
  }
}

at::Tensor Adafactor::scaled_update(const at::Tensor& gradient, const Slots& slots,
                                    double decay) const {
  const at::Tensor square = gradient.square().add_(kEps);
  if (slots.full.defined()) {
    slots.full.mul_(decay).add_(square, 1 - decay);
    return slots.full.rsqrt().mul_(gradient);
  }
  slots.row.mul_(decay).add_(square.mean(-1), 1 - decay);
  slots.column.mul_(decay).add_(square.mean(-2), 1 - decay);
  const at::Tensor row_mean = slots.row.mean(-1, /*keepdim=*/true);
  const at::Tensor row_factor = slots.row.div(row_mean).rsqrt_().unsqueeze(-1);
  const at::Tensor column_factor = slots.column.rsqrt().unsqueeze(-2);
  return row_factor.mul(column_factor).mul_(gradient);
}

void Adafactor::step(double factor) {
  const c10::NoGradGuard no_grad;
  ++step_count_;
  const double decay = 1 - std::pow(static_cast<double>(step_count_), kDecayRate);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const OptimizedParameter& parameter = parameters_[i];
    const at::Tensor& gradient = parameter.value.grad();
    if (!gradient.defined()) continue;
    const double rate = parameter.learning_rate * factor;
    const at::Tensor update = scaled_update(gradient, slots_[i], decay);
    const at::Tensor rms = update.square().mean().sqrt_();
    update.div_(rms.div_(kClipThreshold).clamp_min_(1.0)).mul_(rate);
    parameter.value.mul_(1 - rate * parameter.weight_decay).sub_(update);
  }
}

std::vector<model::NamedTensor> Adafactor::state() const {
  std::vector<model::NamedTensor> named;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Slots& slots = slots_[i];
    if (slots.full.defined()) {
      named.push_back({parameters_[i].name + ".exp_avg_sq", slots.full});
    } else {
      named.push_back({parameters_[i].name + ".exp_avg_sq_row", slots.row});
      named.push_back({parameters_[i].name + ".exp_avg_sq_col", slots.column});
    }
  }
  return named;
}

}  // namespace attempt::train
