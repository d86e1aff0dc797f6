#pragma once

#include <vector>

#include "results/report/score_grid.h"
#include "results/report/text_table.h"

namespace attempt::results {

/// Every method against ATTEMPT (else against the one with the highest mean) over tasks: a task's
/// seed mean is the unit; Wilcoxon and sign test, Holm-adjusted; effect sizes. Empty where there is
/// nothing to compare.
TextTable comparison_table(const ScoreGrid& grid);

/// Trained parameters of each method, and per task of a multi-task trial.
TextTable parameter_table(const ScoreGrid& grid);

/// Ours beside the published figure and the difference, for trials whose `comparable` is 1 and
/// whose data are real; empty where there are none.
TextTable published_table(const ScoreGrid& grid);

}  // namespace attempt::results
