#pragma once

#include <cstdint>
#include <vector>

#include "model/method.h"
#include "results/trial_record.h"

namespace attempt::train {

/// Collects a method's attention over source prompts, example by example.
class AttentionStatistics {
 public:
  void add(const model::SourceAttention& attention);

  bool is_empty() const { return examples_ == 0; }

  /// Mean over examples (and prompt rows or layers, where there are several distributions) of
  /// -sum a ln a, in nats.
  double mean_entropy() const;

  /// Mean and population standard deviation over the examples.
  results::AttentionSummary summary() const;

 private:
  std::vector<std::string> names_;
  double temperature_ = 0;
  std::vector<std::int64_t> shape_;  ///< of one example
  std::vector<double> sum_;
  std::vector<double> sum_of_squares_;
  double entropy_sum_ = 0;
  std::int64_t examples_ = 0;
};

}  // namespace attempt::train
