#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results/results_file.h"

namespace attempt::results {

struct TableCell {
  std::string row;     ///< variant label, or method
  std::string column;  ///< task
  double mean = 0;
  double std = 0;  ///< sample standard deviation over seeds; 0 for n = 1
  std::int64_t n = 0;
};

/// The reported metric of each target trial, averaged over seeds; one cell a (method or variant,
/// task).
struct ResultTable {
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<TableCell> cells;
  std::vector<std::string>
      notes;  ///< e.g. "random backbone", "synthetic", trials of other sweeps left out
};

/// What a table needs to know of each trial of the current sweep, in display order.
struct TableEntry {
  std::string trial_id;
  std::string label;   ///< row
  std::string column;  ///< column: task, "demo:rte"
  std::string task;    ///< task inside the trial file
  std::string metric;  ///< reported metric
};

/// A trial without scores counts as not there yet; one without the metric of a cell is left out and
/// noted.
ResultTable make_result_table(const Scores& scores, const std::vector<TableEntry>& entries);

/// Plain text with aligned columns, "81.2 ± 0.4 (2)"; "81.2 (1)" for one seed, "-" without a
/// result.
std::string format_table(const ResultTable& table);

}  // namespace attempt::results
