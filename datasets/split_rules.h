#pragma once

#include "datasets/task_data.h"

namespace attempt::datasets {

/// Examples of the files as distributed, by role; see TaskReader.
struct OfficialSplits {
  std::vector<Example> train, validation, test;
};

/// Makes train, validation and test from the official files; tasks.md 4.2. The split seed is fixed.
void apply_split_rule(SplitRule rule, OfficialSplits official, TaskData& data);

}  // namespace attempt::datasets
