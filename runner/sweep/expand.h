#pragma once

#include "runner/sweep/plan.h"
#include "runner/sweep/search_space.h"
#include "runner/sweep/study_inputs.h"

namespace attempt::sweep {

/// Expands a checked sweep into its trial graph.
/// @throws config::ConfigError with all problems, datasets::DataError with all unusable tasks.
/// @param searched  what the searches have come to; names of others are ignored
Plan expand(const config::SweepFile& sweep, StudyInputs& inputs, const SearchStates& searched = {});

}  // namespace attempt::sweep
