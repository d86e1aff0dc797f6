#pragma once

#include <string>

#include "runner/sweep/draft.h"
#include "runner/sweep/settings.h"

namespace attempt::sweep {

/// ", init random, learning_rate_scale 0.1": the values of the axes that a trial uses, for its row
/// in tables; without it a table would average over an axis as if it were seeds.
std::string axis_label(const AxisPoint& point, const Draft& draft, const Settings& settings);

/// ", source max_steps 1": the same for the source prompts that a trial uses.
std::string source_axis_label(const AxisPoint& point);

}  // namespace attempt::sweep
