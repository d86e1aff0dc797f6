#pragma once

#include <vector>

namespace attempt::datasets {

/// Pearson correlation; 0 where it is undefined.
double pearson(const std::vector<double>& a, const std::vector<double>& b);
/// Pearson correlation of average ranks; 0 where it is undefined.
double spearman(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace attempt::datasets
