#include "runner/sweep/prompt_similarity.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <stdexcept>

namespace attempt::sweep {
namespace {

constexpr double kSoftmaxTemperature = 0.1;  // methods.md section 6.1

std::span<const float> row(const PromptRows& prompt, std::int64_t index) {
  const auto width = static_cast<std::size_t>(prompt.width);
  return std::span(prompt.values).subspan(static_cast<std::size_t>(index) * width, width);
}

template <typename Row>
double dot(const Row& a, const Row& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return sum;
}

template <typename Row>
double cosine(const Row& a, const Row& b) {
  const double norms = std::sqrt(dot(a, a) * dot(b, b));
  return norms > 0 ? dot(a, b) / norms : 0;
}

/// Mean over the rows, each divided by its length where `is_unit`.
std::vector<double> mean_row(const PromptRows& prompt, bool is_unit) {
  std::vector<double> mean(static_cast<std::size_t>(prompt.width), 0.0);
  for (std::int64_t i = 0; i < prompt.rows; ++i) {
    const auto values = row(prompt, i);
    const double length = is_unit ? std::sqrt(dot(values, values)) : 1;
    if (length == 0) continue;
    for (std::size_t k = 0; k < mean.size(); ++k) {
      mean[k] += static_cast<double>(values[k]) / (length * static_cast<double>(prompt.rows));
    }
  }
  return mean;
}

void require_equal_shapes(const PromptRows& a, const PromptRows& b) {
  if (a.rows == b.rows && a.width == b.width && a.values.size() == b.values.size()) return;
  throw std::invalid_argument("prompts of [" + std::to_string(a.rows) + ", " +
                              std::to_string(a.width) + "] and [" + std::to_string(b.rows) + ", " +
                              std::to_string(b.width) + "] cannot be compared");
}

}  // namespace

double prompt_similarity(Similarity kind, const PromptRows& a, const PromptRows& b) {
  require_equal_shapes(a, b);
  if (kind == Similarity::kMeanCosine) return cosine(mean_row(a, false), mean_row(b, false));
  // The mean of all cosines is the product of the means of the unit rows.
  if (kind == Similarity::kPairwiseCosine) return dot(mean_row(a, true), mean_row(b, true));
  double sum = 0;
  for (std::int64_t i = 0; i < a.rows; ++i) sum += cosine(row(a, i), row(b, i));
  return sum;
}

std::vector<double> source_weights(const std::vector<double>& similarities, SourceChoice choice,
                                   std::int64_t k, SourceWeighting weighting) {
  std::vector<std::size_t> order(similarities.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return similarities[a] > similarities[b]; });
  const std::size_t wanted = choice == SourceChoice::kMostSimilar
                                 ? 1
                                 : static_cast<std::size_t>(std::max<std::int64_t>(k, 1));
  order.resize(std::min(order.size(), wanted));
  std::vector<double> weights(similarities.size(), 0.0);
  if (order.size() == 1) {
    weights[order[0]] = 1;
    return weights;
  }
  double sum = 0;
  for (const std::size_t j : order) {
    weights[j] = similarities[j];
    if (weighting == SourceWeighting::kSoftmax)
      weights[j] = std::exp((similarities[j] - similarities[order[0]]) / kSoftmaxTemperature);
    if (weighting == SourceWeighting::kProportional) weights[j] = std::max(similarities[j], 0.0);
    sum += weights[j];
  }
  if (sum == 0) return {};
  for (double& weight : weights) weight /= sum;
  return weights;
}

PromptRows weighted_sum(const std::vector<PromptRows>& prompts,
                        const std::vector<double>& weights) {
  PromptRows sum = prompts.at(0);
  std::vector<double> values(sum.values.size(), 0.0);
  for (std::size_t j = 0; j < prompts.size(); ++j) {
    require_equal_shapes(sum, prompts[j]);
    if (weights.at(j) == 0) continue;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] += weights[j] * static_cast<double>(prompts[j].values[i]);
    }
  }
  sum.values.assign(values.begin(), values.end());
  return sum;
}

PromptRows difference(const PromptRows& a, const PromptRows& b) {
  require_equal_shapes(a, b);
  PromptRows result = a;
  for (std::size_t i = 0; i < result.values.size(); ++i) result.values[i] -= b.values[i];
  return result;
}

}  // namespace attempt::sweep
