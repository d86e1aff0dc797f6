#pragma once

#include "results/report/score_grid.h"
#include "results/report/text_table.h"

namespace attempt::results {

/// Mean score of each method by backbone, over the tasks that it has finished with every backbone,
/// be it in one study or several; empty where there is one backbone alone.
TextTable size_table(const ScoreGrid& grid);

}  // namespace attempt::results
