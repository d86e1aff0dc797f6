#pragma once

#include "results/report/score_grid.h"

namespace attempt::results {

/// Fills interval, standing and adjusted p of the cells of one column. Intervals come from the
/// hierarchical bootstrap where all trials kept predictions that add up to their metric, else from
/// the seeds alone. Every cell is compared with the best by the paired bootstrap on the seeds both
/// have, or by Wilcoxon's test over these seeds where there are no example scores; Holm-adjusted
/// over the column.
void compare_column(ScoreGrid& grid, std::size_t column);

}  // namespace attempt::results
