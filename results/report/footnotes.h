#pragma once

#include <string>
#include <vector>

#include "results/report/score_grid.h"

namespace attempt::results {

/// What a reader of these cells must know: the signs, the grain of small test splits, single draws
/// of the sources, missing scores, what T5 was pretrained on, attention that only averages.
std::vector<std::string> score_notes(const ScoreGrid& grid, const std::vector<std::size_t>& rows,
                                     const std::vector<std::size_t>& columns);

/// Which of "attempt" and "attempt_m" stand among these rows without their form of uniform weights,
/// the row that says what attention adds.
std::vector<std::string> attempt_without_uniform(const ScoreGrid& grid,
                                                 const std::vector<std::size_t>& rows);
/// What that row of "attempt" or "attempt_m" is called.
std::string uniform_label(const std::string& method);

}  // namespace attempt::results
