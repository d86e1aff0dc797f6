#pragma once

#include "datasets/task_data.h"

namespace attempt::datasets {

/// Examples of the files as distributed, by role; see TaskReader.
struct OfficialSplits {
  std::vector<Example> train, validation, test;
};

/// The split rule, the official counts and the source length of a task under deviation keys
/// (multirc.split, scitail.split, squad.test, multirc.max_source).
SplitRule split_rule(const Task& task, const DataRules& rules);
SplitCounts expected_counts(const Task& task, const DataRules& rules);
std::int64_t max_source_length(const Task& task, const DataRules& rules);

/// Makes train, validation and test from the official files; tasks.md 4.2. The split seed is fixed.
/// kTrainMinusTenth: as kTrainMinus1000, but a tenth of the rows where they are fewer than 10,000.
/// Whether a rule leaves the training rows permuted, so that the first ones are a fair sample.
bool permutes_train(SplitRule rule);

void apply_split_rule(SplitRule rule, OfficialSplits official, TaskData& data);

}  // namespace attempt::datasets
