#pragma once

#include <vector>

#include "runner/config/sweep_file.h"
#include "runner/sweep/plan.h"

namespace attempt::search {

/// The keys that a search of this sweep draws. @throws std::logic_error where no target of the
/// sweep has the search.
std::vector<config::SearchDimension> planned_space(const config::SweepFile& sweep,
                                                   const sweep::PlannedSearch& search);

}  // namespace attempt::search
