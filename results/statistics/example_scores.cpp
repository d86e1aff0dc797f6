#include "results/statistics/example_scores.h"

#include <charconv>
#include <cmath>
#include <set>

namespace attempt::results {

namespace {

using Texts = std::vector<std::string>;

/// float32 sums of a few ten thousand examples are good to about this many points.
constexpr double kAgreement = 0.01;

ExampleScores empty_scores(MetricForm form, std::size_t examples, std::int64_t columns) {
  ExampleScores scores{form, static_cast<std::int64_t>(examples), columns, {}};
  scores.values.reserve(examples * static_cast<std::size_t>(columns));
  return scores;
}

ExampleScores mean_scores(const Texts& predictions, const Texts& targets,
                          const AnswerScore& score) {
  ExampleScores scores = empty_scores(MetricForm::kMean, targets.size(), 1);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    scores.values.push_back(static_cast<float>(score(predictions[i], targets[i])));
  }
  return scores;
}

/// Matthews correlation and F1 of two classes from counts, `positive` against the rest.
ExampleScores count_scores(MetricForm form, const Texts& predictions, const Texts& targets,
                           const std::string& positive) {
  ExampleScores scores = empty_scores(form, targets.size(), form == MetricForm::kMatthews ? 4 : 3);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bool is_predicted = predictions[i] == positive;
    const bool is_true = targets[i] == positive;
    scores.values.push_back(is_predicted && is_true ? 1.0F : 0.0F);
    scores.values.push_back(is_predicted && !is_true ? 1.0F : 0.0F);
    scores.values.push_back(!is_predicted && is_true ? 1.0F : 0.0F);
    if (form == MetricForm::kMatthews) {
      scores.values.push_back(!is_predicted && !is_true ? 1.0F : 0.0F);
    }
  }
  return scores;
}

std::optional<float> number_of(const std::string& text) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<ExampleScores> pearson_scores(const Texts& predictions, const Texts& targets) {
  ExampleScores scores = empty_scores(MetricForm::kPearson, targets.size(), 5);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::optional<float> x = number_of(predictions[i]);
    const std::optional<float> y = number_of(targets[i]);
    if (!x || !y) return std::nullopt;
    scores.values.insert(scores.values.end(), {*x, *y, *x * *x, *y * *y, *x * *y});
  }
  return scores;
}

double total_metric(const ExampleScores& scores) {
  std::vector<float> sums(static_cast<std::size_t>(scores.columns), 0.0F);
  for (std::size_t i = 0; i < scores.values.size(); ++i) sums[i % sums.size()] += scores.values[i];
  return scores.metric(sums.data(), static_cast<double>(scores.examples));
}

double matthews(double tp, double fp, double fn, double tn) {
  const double square = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn);
  return square > 0 ? 100 * (tp * tn - fp * fn) / std::sqrt(square) : 0;
}

double pearson(const float* sums, double n) {
  const double x = sums[0] / n;
  const double y = sums[1] / n;
  const double square = (sums[2] / n - x * x) * (sums[3] / n - y * y);
  return square > 1e-9 ? 100 * (sums[4] / n - x * y) / std::sqrt(square) : 0;
}

}  // namespace

double ExampleScores::metric(const float* sums, double weight) const {
  switch (form) {
    case MetricForm::kMean:
      return sums[0] / weight;
    case MetricForm::kMatthews:
      return matthews(sums[0], sums[1], sums[2], sums[3]);
    case MetricForm::kBinaryF1: {
      const double count = 2.0 * sums[0] + sums[1] + sums[2];
      return count > 0 ? 100 * 2.0 * sums[0] / count : 0;
    }
    case MetricForm::kPearson:
      return pearson(sums, weight);
  }
  return 0;
}

std::optional<ExampleScores> example_scores(const std::string& metric,
                                            const std::vector<std::string>& predictions,
                                            const std::vector<std::string>& targets,
                                            double reported, const AnswerScore& answer_f1) {
  if (targets.empty() || predictions.size() != targets.size()) return std::nullopt;
  const std::set<std::string> labels(targets.begin(), targets.end());
  std::vector<ExampleScores> candidates;
  if (metric == "accuracy" || metric == "exact_match") {
    candidates.push_back(mean_scores(
        predictions, targets,
        [](const std::string& a, const std::string& b) { return a == b ? 100.0 : 0.0; }));
  } else if (metric == "matthews_correlation" && labels.size() == 2) {
    candidates.push_back(
        count_scores(MetricForm::kMatthews, predictions, targets, *labels.rbegin()));
  } else if (metric == "f1" && labels.size() == 2) {
    for (const std::string& positive : labels) {
      candidates.push_back(count_scores(MetricForm::kBinaryF1, predictions, targets, positive));
    }
  } else if (metric == "pearson") {
    if (auto scores = pearson_scores(predictions, targets)) {
      candidates.push_back(std::move(*scores));
    }
  }
  if (metric == "f1" && answer_f1) {
    candidates.push_back(mean_scores(predictions, targets, answer_f1));
  }
  for (ExampleScores& scores : candidates) {
    if (std::abs(total_metric(scores) - reported) < kAgreement) return std::move(scores);
  }
  return std::nullopt;
}

}  // namespace attempt::results
