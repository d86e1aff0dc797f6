#pragma once

#include "runner/config/sweep_file.h"
#include "runner/sweep/study_inputs.h"

namespace attempt::sweep {

/// Refuses a sweep without work, and pairing and seeds of the sources that do not fit.
void check_study(const config::SweepFile& sweep, config::Problems& problems);

/// What a reader of the results should know of the backbone and of the sources' seeds.
void add_study_warnings(const config::SweepFile& sweep, const BackboneFacts& backbone,
                        std::vector<std::string>& warnings);

}  // namespace attempt::sweep
