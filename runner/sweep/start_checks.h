#pragma once

#include <string>
#include <vector>

#include "runner/sweep/settings.h"
#include "runner/sweep/study_inputs.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::sweep {

/// Where a check looks and what it reports to.
struct CheckContext {
  StudyInputs& inputs;
  const BackboneFacts& backbone;
  config::Problems& problems;
  std::vector<std::string>& warnings;
};

/// Refuses a start that cannot be made: class labels where there are none, a text or file that is
/// not named, a file of another shape; methods.md sections 5.1 and 10. Warns of a text that is
/// longer than the prompt.
void check_start(const Draft& draft, const Settings& settings, const TrialSpec& spec,
                 const CheckContext& context);

/// Refuses a task whose labels the tokenizer cannot write, as they would be learned as "unknown",
/// and labels that the target length cuts.
void check_labels(const Draft& draft, const datasets::Task& task, const TaskSpec& spec,
                  const CheckContext& context);

}  // namespace attempt::sweep
