#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace attempt::results {

/// How a metric follows from what is kept of the test examples.
enum class MetricForm {
  kMean,      ///< mean of a score per example; 1 column
  kMatthews,  ///< predicted and true class, numbered from 0; 2 columns
  kBinaryF1,  ///< true positives, false positives, false negatives; 3 columns
  kPearson    ///< x, y, xx, yy, xy; 5 columns
};

/// What a metric needs of each test example, so that a resample of examples is scored without
/// looking at texts again.
struct ExampleScores {
  MetricForm form = MetricForm::kMean;
  std::int64_t examples = 0;
  std::int64_t columns = 1;
  std::vector<float> values;  ///< [examples, columns]

  /// The metric in percent. @param counts  [examples]: how often each counts, `examples` in all.
  double metric(const float* counts) const;
};

/// Score of one answer in percent, for means that are not equality ("f1" of answers).
using AnswerScore = std::function<double(const std::string& prediction, const std::string& target)>;

/// @param reported  the metric of the trial file: scores that do not add up to it (several
///                  references, groups of examples, rules of another kind) are not used.
/// @return nothing where the metric does not follow from predictions and targets in these forms.
std::optional<ExampleScores> example_scores(const std::string& metric,
                                            const std::vector<std::string>& predictions,
                                            const std::vector<std::string>& targets,
                                            double reported, const AnswerScore& answer_f1);

}  // namespace attempt::results
