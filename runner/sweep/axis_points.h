#pragma once

#include <vector>

#include "runner/sweep/draft.h"

namespace attempt::sweep {

/// True for an axis of phase 1: all of its keys begin with "sources.".
bool is_source_axis(const config::Axis& axis);

/// Every combination of the given axes, as far as they concern the trial; one empty point where
/// none does. The first axis varies slowest.
std::vector<AxisPoint> axis_points(const std::vector<config::Axis>& axes, const Draft& draft);

}  // namespace attempt::sweep
