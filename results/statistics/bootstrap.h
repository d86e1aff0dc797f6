#pragma once

#include <cstdint>
#include <vector>

#include "results/statistics/example_scores.h"

namespace attempt::results {

struct Interval {
  double low = 0;
  double high = 0;
};

/// Resamples of the test examples and seeds of one task, drawn once and used for every method, so
/// that any two methods are compared on the same examples and seeds (paired).
///
/// Hierarchical: a resample draws examples with replacement, and seeds with replacement; an example
/// goes with all seeds (it is a cluster). Of S seeds S - 1 are drawn, which makes the variance of
/// the mean over seeds unbiased (Rao & Wu 1988); of one seed that one, and the interval then says
/// nothing about seeds.
class TaskResamples {
 public:
  static constexpr int kResamples = 1000;

  /// @param examples    of the test split.
  /// @param most_seeds  of any method.
  TaskResamples(std::int64_t examples, std::int64_t most_seeds);

  std::int64_t examples() const { return examples_; }

  /// The mean over seeds of the metric in each resample.
  /// @param seeds  scores of each seed, in the order of seeds; each has examples() examples.
  std::vector<double> means(const std::vector<const ExampleScores*>& seeds) const;

 private:
  std::int64_t examples_;
  std::vector<float> counts_;  ///< [kResamples, examples]: how often each example was drawn
  std::vector<double> draws_;  ///< [kResamples, most_seeds], in [0, 1): which seeds were drawn
  std::size_t most_seeds_;
};

/// The 2.5 % and 97.5 % quantiles (linear between order statistics, numpy's default).
Interval percentile_interval(std::vector<double> resamples);

/// 95 % interval of a mean over `seeds` seeds: mean ± t * deviation of the resamples, with
/// Student's t of seeds - 1 degrees of freedom, since few seeds estimate that deviation poorly. Of
/// one seed the percentiles.
Interval bootstrap_interval(double mean, const std::vector<double>& resamples, std::int64_t seeds);

/// Two-sided p of a difference of zero: the difference over the standard deviation of its resamples
/// against Student's t of seeds - 1 degrees of freedom; of one seed against the normal
/// distribution. 1 where nothing differs.
double bootstrap_p_value(double difference, const std::vector<double>& resampled_differences,
                         std::int64_t seeds);

}  // namespace attempt::results
