#include "results/statistics/rank_correlation.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>

namespace attempt::results {

namespace {

/// Ranks less their mean; ties share their mean rank.
std::vector<double> centred_ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  const double middle = static_cast<double>(values.size() - 1) / 2;
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double rank = static_cast<double>(first + end - 1) / 2;
    for (std::size_t i = first; i < end; ++i) ranks[order[i]] = rank - middle;
    first = end;
  }
  return ranks;
}

double product(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void require_pairs(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() != y.size()) throw std::logic_error("a rank correlation is of pairs");
}

}  // namespace

RankCorrelation spearman(const std::vector<double>& x, const std::vector<double>& y) {
  require_pairs(x, y);
  RankCorrelation result{.n = static_cast<std::int64_t>(x.size())};
  if (x.size() < 3) return result;
  const std::vector<double> a = centred_ranks(x);
  const std::vector<double> b = centred_ranks(y);
  const double squares = product(a, a) * product(b, b);
  if (squares == 0) return result;
  result.value = std::clamp(product(a, b) / std::sqrt(squares), -1.0, 1.0);
  const double rest = 1 - result.value * result.value;
  const double degrees = static_cast<double>(result.n - 2);
  result.p = rest > 0 ? 2 * boost::math::cdf(boost::math::students_t(degrees),
                                             -std::abs(result.value) * std::sqrt(degrees / rest))
                      : 0;
  return result;
}

RankCorrelation rank_correlation_ratio(const std::vector<double>& groups,
                                       const std::vector<double>& y) {
  require_pairs(groups, y);
  RankCorrelation result{.n = static_cast<std::int64_t>(y.size())};
  if (y.size() < 3) return result;
  const std::vector<double> ranks = centred_ranks(y);
  struct Group {
    double sum = 0;
    double n = 0;
  };
  std::map<double, Group> sums;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    sums[groups[i]].sum += ranks[i];
    sums[groups[i]].n += 1;
  }
  const double all = product(ranks, ranks);
  if (all == 0 || sums.size() < 2) return result;
  double between = 0;
  for (const auto& [group, of] : sums) between += of.sum * of.sum / of.n;
  result.value = std::sqrt(between / all);
  const boost::math::chi_squared distribution(static_cast<double>(sums.size() - 1));
  result.p = boost::math::cdf(
      boost::math::complement(distribution, between / all * static_cast<double>(result.n - 1)));
  return result;
}

}  // namespace attempt::results
