#include "runner/train/attention_statistics.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace attempt::train {

namespace {

std::vector<double> to_doubles(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.to(at::kCPU, at::kDouble).contiguous();
  const double* values = plain.const_data_ptr<double>();
  return {values, values + plain.numel()};
}

void add_to(std::vector<double>& sums, const at::Tensor& tensor) {
  const std::vector<double> values = to_doubles(tensor);
  sums.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) sums[i] += values[i];
}

}  // namespace

void AttentionStatistics::add(const model::SourceAttention& attention) {
  if (!attention.weights.defined()) return;
  const c10::NoGradGuard no_grad;
  const at::Tensor weights = attention.weights.to(at::kDouble);
  names_ = attention.names;
  temperature_ = attention.temperature;
  shape_ = weights.sizes().slice(1).vec();
  add_to(sum_, weights.sum(0));
  add_to(sum_of_squares_, weights.square().sum(0));
  // The prompts lie in dimension 1; what follows are prompt rows.
  const at::Tensor entropy = at::special_entr(weights).sum(1).flatten(0);
  entropy_sum_ += entropy.sum().item<double>() * static_cast<double>(weights.size(0)) /
                  static_cast<double>(entropy.numel());
  examples_ += weights.size(0);
}

double AttentionStatistics::mean_entropy() const {
  return entropy_sum_ / static_cast<double>(std::max<std::int64_t>(1, examples_));
}

results::AttentionSummary AttentionStatistics::summary() const {
  results::AttentionSummary summary;
  summary.names = names_;
  summary.temperature = temperature_;
  summary.shape = shape_;
  const double n = static_cast<double>(std::max<std::int64_t>(1, examples_));
  for (std::size_t i = 0; i < sum_.size(); ++i) {
    const double mean = sum_[i] / n;
    summary.mean.push_back(mean);
    summary.std.push_back(std::sqrt(std::max(0.0, sum_of_squares_[i] / n - mean * mean)));
  }
  return summary;
}

}  // namespace attempt::train
