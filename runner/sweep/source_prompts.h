#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "datasets/task.h"
#include "runner/sweep/settings.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::sweep {

/// A prompt that targets may take: a source trial or a ready-made file.
struct AvailableSource {
  SourceRef ref;
  std::int64_t prompt_length = 0;       ///< 0: not known before the file is read
  std::optional<bool> is_deep;          ///< of a file: a prompt for every encoder layer
  std::optional<CalibrationTask> task;  ///< what a source trial trains on
  std::optional<PromptStart> start;     ///< of a source trial, where its rows can be drawn again
  bool is_listed = false;               ///< stands in sources.tasks
  bool is_probe = false;                ///< what SPoT compares with; nothing is taken from it
};

/// The source prompts of one target trial, in the order of [sources].
using AvailableSources = std::vector<AvailableSource>;

/// The start of a prompt tuning trial; empty where it depends on the trial's task.
std::optional<PromptStart> start_of(const TrialSpec& spec);

/// Fills `sources`, `depends_on`, `start_choice` and the source names of `method_options` of a
/// spot, attempt or attempt_m trial; methods.md sections 6.1 to 6.3. Refuses what cannot be mixed.
void choose_sources(const Draft& draft, const Settings& settings, const AvailableSources& available,
                    bool auto_exclude, TrialSpec& spec, config::Problems& problems);

}  // namespace attempt::sweep
