#pragma once

#include <string>
#include <vector>

#include "results/report/study_content.h"

namespace attempt::results {

/// What looks wrong in a finished trial, for people: one class predicted, never left warm-up,
/// parameters hardly moved, best at the first evaluation, gradient always clipped, answers or
/// inputs truncated, answers outside the label set. Empty for a trial without findings.
std::vector<std::string> diagnose(const ReportTrial& trial);

}  // namespace attempt::results
