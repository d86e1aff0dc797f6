#pragma once

#include <string>
#include <vector>

#include "results/trial_record.h"
#include "runner/sweep/trial_spec.h"
#include "runner/train/task_tokens.h"

namespace attempt::train {

/// The fields of a trial file that do not depend on training: identity, configuration, compat keys.
results::TrialRecord record_of(const sweep::TrialSpec& spec);

/// JSON for `counts`: rows a split, file reports, truncated sources, by task.
std::string counts_json(const std::vector<TaskTokens>& tasks);

}  // namespace attempt::train
