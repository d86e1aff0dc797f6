#include "results/statistics/task_matrix.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

#include "results/statistics/rank_correlation.h"

namespace attempt::results {

namespace {

constexpr std::size_t kFewestPairs = 3;

bool varies(const std::vector<double>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) != values.end();
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

std::vector<MatrixCorrelation> rank_correlations(const std::vector<TaskMatrix>& matrices) {
  std::vector<MatrixCorrelation> correlations;
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
      MatrixCorrelation correlation{matrices[i].name, matrices[j].name, a.size(), std::nullopt};
      if (varies(a) && varies(b)) correlation.spearman = spearman(a, b).value;
      correlations.push_back(std::move(correlation));
    }
  }
  return correlations;
}

}  // namespace attempt::results
