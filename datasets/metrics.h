#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "datasets/data_rules.h"
#include "datasets/task.h"

namespace attempt::datasets {

/// What is scored: one entry an example, parallel arrays.
struct ScoredSplit {
  std::vector<std::string> predictions;
  std::vector<std::vector<std::string>> references;
  std::vector<std::string> groups;  ///< MultiRC question keys; empty otherwise
};

struct Scores {
  std::map<std::string, double> metrics;  ///< name -> percent
  std::int64_t unparsable = 0;  ///< predictions outside the label set / not a number / no tags
  double constant_score = 0;    ///< best reported metric of any constant prediction
  double selection = 0;         ///< mean of the task's selection metrics
};

/// Scores predictions with the task's metrics (tasks.md 2.5, 2.6).
Scores score(const Task& task, const ScoredSplit& split, const DataRules& rules);

}  // namespace attempt::datasets
