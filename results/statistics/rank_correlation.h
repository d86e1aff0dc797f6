#pragma once

#include <cstdint>
#include <vector>

namespace attempt::results {

/// How far one thing orders another, whatever the shape of the curve.
struct RankCorrelation {
  std::int64_t n = 0;
  double value = 0;  ///< 0 where one side does not vary
  double p = 1;      ///< two-sided, of no connection; 1 for fewer than three pairs
};

/// Spearman's rank correlation, in [-1, 1]; ties share their mean rank. p by Student's t with n - 2
/// degrees of freedom (as scipy.stats.spearmanr).
RankCorrelation spearman(const std::vector<double>& x, const std::vector<double>& y);

/// The same for groups without an order: the correlation ratio of the ranks of y, in [0, 1]; its
/// square is the share of their variance that lies between groups. For two groups it is |spearman|.
/// p by the test of Kruskal and Wallis (as scipy.stats.kruskal).
/// @param groups  one a value of y
RankCorrelation rank_correlation_ratio(const std::vector<double>& groups,
                                       const std::vector<double>& y);

}  // namespace attempt::results
