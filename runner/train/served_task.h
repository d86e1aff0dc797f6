#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/methods/mixed_prompts.h"
#include "runner/train/loaded_trial.h"

namespace attempt::train {

/// A task that a loaded trial answers.
struct ServedTask {
  const LoadedTrial* trial = nullptr;  ///< outlives this
  sweep::DataSpec data;
  sweep::TaskSpec task;
  std::int64_t task_id = 0;  ///< its place among the tasks of the trial
};

/// Tasks whose rows share batches.
struct ServedGroup {
  std::vector<std::size_t> members;            ///< places in the list of served tasks
  std::unique_ptr<model::MixedPrompts> mixed;  ///< its task_ids are places in `members`; nothing
                                               ///< for one task, which its own trial answers
};

/// Whether a trial's rows may share batches with those of other trials.
bool may_share_batches(const LoadedTrial& trial);

/// Puts the tasks that can be answered together into groups: those whose trials only put a prompt
/// in front of the text, all of one length, on a backbone in one precision, with targets of one
/// greatest length. The others stand alone.
std::vector<ServedGroup> groups_of(const std::vector<ServedTask>& served, TrialLoader& loader);

}  // namespace attempt::train
