#pragma once

#include <cstdint>
#include <vector>

#include "results/report/score_grid.h"
#include "results/report/text_table.h"

namespace attempt::results {

inline constexpr std::int64_t kMostSeeds = 1000;  ///< beyond, nobody would train them

/// The fewest paired seeds with which a two-sided t test at 5 % finds a difference as large as the
/// mean of these, at their spread, in 80 % of studies (Cohen, "Statistical Power Analysis", 1988,
/// chapter 2, by the noncentral t distribution). kMostSeeds + 1 where more are needed; 0 where the
/// spread says nothing: fewer than two differences, or all equal.
std::int64_t seeds_needed(const std::vector<double>& differences);

/// Every method beside the best of its column: the difference on shared seeds, its spread, and how
/// many seeds more a comparison would need. Nothing runs them by itself.
TextTable seed_needs_table(const ScoreGrid& grid);

}  // namespace attempt::results
