#include "results/statistics/task_matrix.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace attempt::results {

namespace {

constexpr std::size_t kFewestPairs = 3;

/// Ranks about their mean.
std::vector<double> centred_ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::size_t i, std::size_t j) { return values[i] < values[j]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    const double shared = static_cast<double>(first + last - 1) / 2;
    for (std::size_t i = first; i < last; ++i) {
      ranks[order[i]] = shared - static_cast<double>(order.size() - 1) / 2;
    }
    first = last;
  }
  return ranks;
}

}  // namespace

std::optional<double> TaskMatrix::mean(const Cell& cell) const {
  const auto found = cells.find(cell);
  if (found == cells.end()) return std::nullopt;
  const std::vector<double>& values = found->second;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<std::string> TaskMatrix::rows() const {
  std::set<std::string> names;
  for (const auto& [cell, values] : cells) names.insert(cell.first);
  return {names.begin(), names.end()};
}

std::vector<std::string> TaskMatrix::columns() const {
  std::set<std::string> names;
  for (const auto& [cell, values] : cells) names.insert(cell.second);
  return {names.begin(), names.end()};
}

std::optional<double> spearman(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> ranks_a = centred_ranks(a);
  const std::vector<double> ranks_b = centred_ranks(b);
  const auto product = [](const std::vector<double>& x, const std::vector<double>& y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
  };
  const double norms = product(ranks_a, ranks_a) * product(ranks_b, ranks_b);
  if (norms == 0) return std::nullopt;
  return std::clamp(product(ranks_a, ranks_b) / std::sqrt(norms), -1.0, 1.0);
}

std::vector<RankCorrelation> rank_correlations(const std::vector<TaskMatrix>& matrices) {
  std::vector<RankCorrelation> correlations;
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    for (std::size_t j = i + 1; j < matrices.size(); ++j) {
      std::vector<double> a;
      std::vector<double> b;
      for (const auto& [cell, values] : matrices[i].cells) {
        const std::optional<double> other = matrices[j].mean(cell);
        if (cell.first == cell.second || !other) continue;
        a.push_back(*matrices[i].mean(cell));
        b.push_back(*other);
      }
      if (a.size() < kFewestPairs) continue;
      correlations.push_back({matrices[i].name, matrices[j].name, a.size(), spearman(a, b)});
    }
  }
  return correlations;
}

}  // namespace attempt::results
