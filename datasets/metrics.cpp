#include "datasets/metrics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <stdexcept>

#include "datasets/answer_scores.h"
#include "datasets/correlation.h"
#include "datasets/number.h"
#include "datasets/rouge.h"
#include "datasets/span_scores.h"

namespace attempt::datasets {

namespace {

using Texts = std::vector<std::string>;

double percent(double part, double whole) { return whole == 0 ? 0.0 : 100.0 * part / whole; }

Texts first_references(const ScoredSplit& split) {
  Texts targets;
  for (const auto& references : split.references)
    targets.push_back(references.empty() ? "" : references.front());
  return targets;
}

double accuracy(const Texts& predictions, const Texts& targets) {
  double correct = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) correct += predictions[i] == targets[i] ? 1 : 0;
  return percent(correct, static_cast<double>(targets.size()));
}

/// F1 of the second of two classes ("1" of "0" and "1"); a prediction that is neither counts as the
/// class opposite to the target.
double binary_f1(const Texts& predictions, const Texts& targets, const Texts& classes) {
  const std::string& positive = classes.at(1);
  double both = 0, predicted = 0, actual = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bool is_positive = targets[i] == positive;
    const bool is_foreign = predictions[i] != classes.at(0) && predictions[i] != positive;
    const bool is_predicted = is_foreign ? !is_positive : predictions[i] == positive;
    both += is_positive && is_predicted ? 1 : 0;
    predicted += is_predicted ? 1 : 0;
    actual += is_positive ? 1 : 0;
  }
  return both == 0 ? 0.0 : 100.0 * 2 * both / (predicted + actual);
}

/// Mean of the one-vs-rest F1 of the task's classes; undefined is 0.
double macro_f1(const Texts& predictions, const Texts& targets, const Texts& classes) {
  double sum = 0;
  for (const std::string& label : classes) {
    double both = 0, predicted = 0, actual = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      predicted += predictions[i] == label ? 1 : 0;
      actual += targets[i] == label ? 1 : 0;
      both += predictions[i] == label && targets[i] == label ? 1 : 0;
    }
    sum += both == 0 ? 0.0 : 2 * both / (predicted + actual);
  }
  return 100.0 * sum / static_cast<double>(classes.size());
}

/// Multi-class Matthews correlation over all strings that occur.
double matthews_correlation(const Texts& predictions, const Texts& targets) {
  std::set<std::string> classes(targets.begin(), targets.end());
  classes.insert(predictions.begin(), predictions.end());
  const double s = static_cast<double>(targets.size());
  double correct = 0, product = 0, predicted_squares = 0, actual_squares = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) correct += predictions[i] == targets[i] ? 1 : 0;
  for (const std::string& label : classes) {
    const double predicted =
        static_cast<double>(std::count(predictions.begin(), predictions.end(), label));
    const double actual = static_cast<double>(std::count(targets.begin(), targets.end(), label));
    product += predicted * actual;
    predicted_squares += predicted * predicted;
    actual_squares += actual * actual;
  }
  const double denominator = std::sqrt((s * s - predicted_squares) * (s * s - actual_squares));
  return denominator == 0 ? 0.0 : 100.0 * (correct * s - product) / denominator;
}

std::vector<double> numbers(const Texts& texts) {
  std::vector<double> values;
  for (const std::string& text : texts) values.push_back(parse_number(text).value_or(-1.0));
  return values;
}

/// Share of questions with every answer right.
double grouped_exact_match(const ScoredSplit& split, const Texts& targets) {
  std::map<std::string, bool> is_right;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    bool& all = is_right.try_emplace(split.groups.at(i), true).first->second;
    all = all && split.predictions[i] == targets[i];
  }
  double right = 0;
  for (const auto& [group, all] : is_right) right += all ? 1 : 0;
  return percent(right, static_cast<double>(is_right.size()));
}

/// Accuracy where any reference is right.
double accuracy_of_any(const ScoredSplit& split) {
  double correct = 0;
  for (std::size_t i = 0; i < split.predictions.size(); ++i) {
    const Texts& references = split.references[i];
    correct += std::count(references.begin(), references.end(), split.predictions[i]) > 0 ? 1 : 0;
  }
  return percent(correct, static_cast<double>(split.predictions.size()));
}

double free_text_value(const std::string& metric, const ScoredSplit& split) {
  if (metric == "f1") return score_answers(split.predictions, split.references).f1;
  if (metric == "exact_match")
    return score_answers(split.predictions, split.references).exact_match;
  if (metric == "rouge_l") return rouge_l(split.predictions, split.references);
  if (metric == "span_f1") return span_f1(split.predictions, first_references(split));
  if (metric == "accuracy") return accuracy_of_any(split);
  throw std::logic_error("unknown metric '" + metric + "'");
}

double metric_value(const Task& task, const std::string& metric, const ScoredSplit& split) {
  const Texts targets = first_references(split);
  if (metric == "pearson") return 100.0 * pearson(numbers(split.predictions), numbers(targets));
  if (metric == "spearman") return 100.0 * spearman(numbers(split.predictions), numbers(targets));
  if (task.is_question_answering()) return free_text_value(metric, split);
  if (metric == "accuracy") return accuracy(split.predictions, targets);
  if (metric == "f1") return binary_f1(split.predictions, targets, task.label_texts);
  if (metric == "macro_f1") return macro_f1(split.predictions, targets, task.label_texts);
  if (metric == "matthews_correlation") return matthews_correlation(split.predictions, targets);
  if (metric == "exact_match") return grouped_exact_match(split, targets);
  throw std::logic_error("unknown metric '" + metric + "'");
}

bool is_regression(const Task& task) {
  return task.reported_metric == "pearson" || task.reported_metric == "spearman";
}

std::int64_t count_unparsable(const Task& task, const Texts& predictions) {
  return std::count_if(predictions.begin(), predictions.end(), [&](const std::string& prediction) {
    if (is_regression(task)) return !parse_number(prediction).has_value();
    if (task.reported_metric == "span_f1") return !is_tag_sequence(prediction);
    if (task.is_question_answering()) return prediction.empty();
    return std::find(task.label_texts.begin(), task.label_texts.end(), prediction) ==
           task.label_texts.end();
  });
}

/// The best reported metric that one and the same prediction for every row reaches. For question
/// answering the candidate is the most frequent first answer.
double best_constant_score(const Task& task, const ScoredSplit& split) {
  Texts candidates = task.label_texts;
  if (task.is_question_answering()) {
    std::map<std::string, std::int64_t> frequency;
    for (const std::string& target : first_references(split)) ++frequency[target];
    const auto most =
        std::max_element(frequency.begin(), frequency.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most != frequency.end()) candidates = {most->first};
  }
  if (is_regression(task)) return 0;  // a constant correlates with nothing
  double best = 0;
  for (const std::string& candidate : candidates) {
    ScoredSplit constant = split;
    constant.predictions.assign(split.predictions.size(), candidate);
    best = std::max(best, metric_value(task, task.reported_metric, constant));
  }
  return best;
}

}  // namespace

Scores score(const Task& task, const ScoredSplit& split, const DataRules&) {
  if (split.predictions.size() != split.references.size()) {
    throw std::logic_error("as many predictions as references are needed");
  }
  Scores scores;
  for (const std::string& metric : task.metrics)
    scores.metrics[metric] = metric_value(task, metric, split);
  for (const std::string& metric : task.selection_metrics) {
    scores.selection +=
        scores.metrics.at(metric) / static_cast<double>(task.selection_metrics.size());
  }
  scores.unparsable = count_unparsable(task, split.predictions);
  scores.constant_score = best_constant_score(task, split);
  return scores;
}

}  // namespace attempt::datasets
