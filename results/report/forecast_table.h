#pragma once

#include <vector>

#include "results/report/study_content.h"
#include "results/report/text_table.h"

namespace attempt::results {

/// How the forecasts of these studies came out, as run/forecast.json has it; without lines where
/// none was graded.
TextTable forecast_table(const std::vector<StudyContent>& studies);

}  // namespace attempt::results
