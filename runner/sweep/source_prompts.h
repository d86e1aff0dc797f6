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
  std::int64_t prompt_length = 0;                      ///< 0: not known before the file is read
  std::optional<CalibrationTask> task = std::nullopt;  ///< what a source trial trains on
};

/// The source prompts of one target trial, in the order of [sources].
using AvailableSources = std::vector<AvailableSource>;

/// Fills `sources`, `depends_on` and the source names of `method_options` of a spot or attempt
/// trial; methods.md sections 6.1 and 6.2. Refuses what cannot be mixed.
void choose_sources(const Draft& draft, const datasets::Task& task, const Settings& settings,
                    const AvailableSources& available, bool auto_exclude, TrialSpec& spec,
                    config::Problems& problems);

}  // namespace attempt::sweep
