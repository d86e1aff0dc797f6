#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace attempt::results {

/// A number for pairs of names, such as target and source tasks; with holes.
struct TaskMatrix {
  using Cell = std::pair<std::string, std::string>;  ///< row, column

  std::string name;
  std::map<Cell, std::vector<double>> cells;  ///< of several trials, to be averaged

  void add(const std::string& row, const std::string& column, double value) {
    cells[{row, column}].push_back(value);
  }
  /// Nothing in a hole.
  std::optional<double> mean(const Cell& cell) const;
  std::vector<std::string> rows() const;
  std::vector<std::string> columns() const;
};

/// Spearman's correlation of two matrices over the pairs of different tasks that both have.
struct MatrixCorrelation {
  std::string a;
  std::string b;
  std::size_t pairs = 0;
  std::optional<double> spearman;  ///< nothing where one of them is constant
};

/// Of every two matrices that have at least three such pairs in common.
std::vector<MatrixCorrelation> rank_correlations(const std::vector<TaskMatrix>& matrices);

}  // namespace attempt::results
