#pragma once

#include "runner/sweep/plan.h"
#include "runner/sweep/study_inputs.h"

namespace attempt::sweep {

/// Expands a checked sweep into its trial graph.
/// @throws config::ConfigError with all problems, datasets::DataError with all unusable tasks.
Plan expand(const config::SweepFile& sweep, StudyInputs& inputs);

}  // namespace attempt::sweep
