#pragma once

#include <set>
#include <string>
#include <vector>

#include "results/report/score_grid.h"
#include "results/report/text_table.h"

namespace attempt::results {

/// "81.2 ± 0.4 (3) ≈": mean, standard deviation and number of seeds, how it stands to the best.
TableField score_field(const ScoreCell* cell);

/// One table a benchmark group that the studies hold, as the paper has them: GLUE and SuperGLUE,
/// MRQA and others, few-shot, the tasks of no such group; then ATTEMPT with its variants.
/// @param sources  tasks that are also sources; averages are given with and without them.
std::vector<TextTable> score_tables(const ScoreGrid& grid, const std::set<std::string>& sources);

/// A line a cell: mean, deviation, seeds, interval, standing, and what the numbers rest on.
TextTable all_scores_table(const ScoreGrid& grid);

}  // namespace attempt::results
