#include "results/statistics/example_scores.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <unordered_map>

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

/// F1 of two classes from counts, `positive` against the rest.
ExampleScores f1_scores(const Texts& predictions, const Texts& targets,
                        const std::string& positive) {
  ExampleScores scores = empty_scores(MetricForm::kBinaryF1, targets.size(), 3);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bool is_predicted = predictions[i] == positive;
    const bool is_true = targets[i] == positive;
    scores.values.push_back(is_predicted && is_true ? 1.0F : 0.0F);
    scores.values.push_back(is_predicted && !is_true ? 1.0F : 0.0F);
    scores.values.push_back(!is_predicted && is_true ? 1.0F : 0.0F);
  }
  return scores;
}

/// Every text that occurs is a class, answers outside the labels too.
ExampleScores class_scores(const Texts& predictions, const Texts& targets) {
  ExampleScores scores = empty_scores(MetricForm::kMatthews, targets.size(), 2);
  std::unordered_map<std::string, float> classes;
  const auto number = [&](const std::string& text) {
    return classes.try_emplace(text, static_cast<float>(classes.size())).first->second;
  };
  for (std::size_t i = 0; i < targets.size(); ++i) {
    scores.values.push_back(number(predictions[i]));
    scores.values.push_back(number(targets[i]));
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

/// Sums of the columns over the examples, each as often as it counts.
template <int kColumns>
void add_rows(const float* counts, const ExampleScores& scores, float* sums) {
  // Several accumulators, so that additions need not wait for one another.
  constexpr std::size_t kLanes = 8;
  float lanes[kLanes][kColumns] = {};
  const auto n = static_cast<std::size_t>(scores.examples);
  const std::size_t whole = n / kLanes * kLanes;
  const float* values = scores.values.data();
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      for (int column = 0; column < kColumns; ++column) {
        lanes[lane][column] +=
            counts[i + lane] * values[(i + lane) * kColumns + static_cast<std::size_t>(column)];
      }
    }
  }
  for (std::size_t i = whole; i < n; ++i) {
    for (int column = 0; column < kColumns; ++column) {
      lanes[0][column] += counts[i] * values[i * kColumns + static_cast<std::size_t>(column)];
    }
  }
  for (int column = 0; column < kColumns; ++column) {
    sums[column] = 0;
    for (const auto& lane : lanes) sums[column] += lane[column];
  }
}

/// Of any number of classes.
double matthews(const float* counts, const ExampleScores& scores) {
  if (scores.values.empty()) return 0;
  const float last = *std::max_element(scores.values.begin(), scores.values.end());
  std::vector<double> predicted(static_cast<std::size_t>(last) + 1, 0.0);
  std::vector<double> actual(predicted.size(), 0.0);
  double correct = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(scores.examples); ++i) {
    const float answer = scores.values[2 * i];
    const float target = scores.values[2 * i + 1];
    predicted[static_cast<std::size_t>(answer)] += counts[i];
    actual[static_cast<std::size_t>(target)] += counts[i];
    if (answer == target) correct += counts[i];
  }
  double product = 0;
  double predicted_squares = 0;
  double actual_squares = 0;
  for (std::size_t k = 0; k < predicted.size(); ++k) {
    product += predicted[k] * actual[k];
    predicted_squares += predicted[k] * predicted[k];
    actual_squares += actual[k] * actual[k];
  }
  const auto n = static_cast<double>(scores.examples);
  const double square = (n * n - predicted_squares) * (n * n - actual_squares);
  return square > 0 ? 100 * (correct * n - product) / std::sqrt(square) : 0;
}

double pearson(const float* sums, double n) {
  const double x = sums[0] / n;
  const double y = sums[1] / n;
  const double square = (sums[2] / n - x * x) * (sums[3] / n - y * y);
  return square > 1e-9 ? 100 * (sums[4] / n - x * y) / std::sqrt(square) : 0;
}

}  // namespace

double ExampleScores::metric(const float* counts) const {
  float sums[5] = {};
  switch (form) {
    case MetricForm::kMean:
      add_rows<1>(counts, *this, sums);
      return sums[0] / static_cast<double>(examples);
    case MetricForm::kMatthews:
      return matthews(counts, *this);
    case MetricForm::kBinaryF1: {
      add_rows<3>(counts, *this, sums);
      const double count = 2.0 * sums[0] + sums[1] + sums[2];
      return count > 0 ? 100 * 2.0 * sums[0] / count : 0;
    }
    case MetricForm::kPearson:
      add_rows<5>(counts, *this, sums);
      return pearson(sums, static_cast<double>(examples));
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
  } else if (metric == "matthews_correlation") {
    candidates.push_back(class_scores(predictions, targets));
  } else if (metric == "f1" && labels.size() == 2) {
    for (const std::string& positive : labels) {
      candidates.push_back(f1_scores(predictions, targets, positive));
    }
  } else if (metric == "pearson") {
    if (auto scores = pearson_scores(predictions, targets)) {
      candidates.push_back(std::move(*scores));
    }
  }
  if (metric == "f1" && answer_f1) {
    candidates.push_back(mean_scores(predictions, targets, answer_f1));
  }
  const std::vector<float> once(targets.size(), 1.0F);
  for (ExampleScores& scores : candidates) {
    if (std::abs(scores.metric(once.data()) - reported) < kAgreement) return std::move(scores);
  }
  return std::nullopt;
}

}  // namespace attempt::results
