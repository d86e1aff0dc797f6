#include "results/report/footnotes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "results/report/attention.h"

namespace attempt::results {

namespace {

/// One test example is worth more than this many points: worth a note.
constexpr double kCoarseGrain = 0.5;

/// T5 v1.0 saw these in its supervised pretraining mixture (Raffel et al. 2020, section 3.5).
const std::set<std::string>& pretraining_tasks() {
  static const std::set<std::string> tasks = {"mnli", "qqp", "qnli", "sst2",    "stsb",
                                              "mrpc", "rte", "cola", "multirc", "boolq",
                                              "wic",  "wsc", "cb",   "record",  "squad"};
  return tasks;
}

void add_grain(std::vector<std::string>& notes, const ScoreGrid& grid,
               const std::vector<std::size_t>& columns) {
  std::vector<std::string> grains;
  for (const std::size_t i : columns) {
    const ScoreColumn& column = grid.columns[i];
    if (column.examples == 0) continue;
    const double grain = 100.0 / static_cast<double>(column.examples);
    if (grain >= kCoarseGrain) {
      grains.push_back(fmt::format("{} {:.1f} ({} examples)", column.name, grain, column.examples));
    }
  }
  if (!grains.empty()) {
    notes.push_back(
        fmt::format("One test example is worth this many points: {}.", fmt::join(grains, ", ")));
  }
}

void add_signs(std::vector<std::string>& notes, const std::vector<const ScoreCell*>& cells) {
  const auto any = [&](const auto& has) {
    return std::any_of(cells.begin(), cells.end(), [&](const ScoreCell* c) { return has(*c); });
  };
  if (any([](const ScoreCell& c) { return c.standing == Standing::kNotDistinguished; })) {
    notes.push_back(
        "≈ not distinguishable from the best of its column (paired on seeds and test examples, "
        "Holm-adjusted p of at least 0.05).");
  }
  if (any([](const ScoreCell& c) { return c.standing == Standing::kTooFewToTell; })) {
    notes.push_back(
        "? n too small: with these seeds the test against the best cannot reach 0.05 (over seeds "
        "alone, where test examples do not add up to the metric, it takes six).");
  }
  if (any([](const ScoreCell& c) { return c.is_majority; })) {
    notes.push_back("majority: every seed gives one answer to all test examples.");
  }
  if (any([](const ScoreCell& c) { return c.hides_majority; })) {
    notes.push_back(
        "Predictions were not kept (keep_predictions = false), by a program that did not count "
        "them either: whether a score comes from one answer to all test examples is not known.");
  }
  if (any([](const ScoreCell& c) { return c.is_conditional; })) {
    notes.push_back(
        "† conditional on one source draw: all seeds use the same source prompts, so spread and "
        "interval leave out how these vary.");
  }
}

/// ATTEMPT with uniform weights, which averages by design.
bool is_uniform(const ScoreRow& row) {
  return row.variant == row.method + ":constant" || row.name.find("uniform") != std::string::npos;
}

void add_averaging(std::vector<std::string>& notes, const ScoreGrid& grid,
                   const std::vector<std::size_t>& rows, const std::vector<std::size_t>& columns) {
  std::vector<std::string> averaging;
  for (const std::size_t row : rows) {
    if (is_uniform(grid.rows[row])) continue;
    for (const std::size_t column : columns) {
      const ScoreCell* cell = grid.find(row, column);
      if (cell == nullptr) continue;
      double share = 0;
      std::size_t count = 0;
      for (const ReportTrial* trial : cell->scored) {
        if (const auto entropy = entropy_share(*trial->record)) {
          share += *entropy;
          ++count;
        }
      }
      if (count > 0 && share / static_cast<double>(count) > kAveragingEntropy) {
        averaging.push_back(fmt::format("{} on {} ({:.1f} %)", grid.rows[row].label,
                                        grid.columns[column].name,
                                        100 * share / static_cast<double>(count)));
      }
    }
  }
  if (!averaging.empty()) {
    notes.push_back(fmt::format(
        "Averaging: the attention's entropy is above 98 % of its maximum, so prompts are averaged "
        "rather than chosen: {}.",
        fmt::join(averaging, "; ")));
  }
}

void add_uniform(std::vector<std::string>& notes, const ScoreGrid& grid,
                 const std::vector<std::size_t>& rows) {
  for (const std::string& method : attempt_without_uniform(grid, rows)) {
    notes.push_back(fmt::format(
        "{} is not in this study: without that row nothing here says what the attention adds (add "
        "\"{}:constant\" to the methods).",
        uniform_label(method), method));
  }
}

}  // namespace

std::string uniform_label(const std::string& method) {
  return method == "attempt" ? "ATTEMPT, attention: uniform"
                             : "ATTEMPT, attention: uniform, multi-task";
}

std::vector<std::string> attempt_without_uniform(const ScoreGrid& grid,
                                                 const std::vector<std::size_t>& rows) {
  std::vector<std::string> methods;
  for (const std::string method : {"attempt", "attempt_m"}) {
    bool has_attention = false;
    bool has_uniform = false;
    for (const std::size_t row : rows) {
      const ScoreRow& each = grid.rows[row];
      if (each.method != method) continue;
      (is_uniform(each) ? has_uniform : has_attention) = true;
    }
    if (has_attention && !has_uniform) methods.push_back(method);
  }
  return methods;
}

std::vector<std::string> score_notes(const ScoreGrid& grid, const std::vector<std::size_t>& rows,
                                     const std::vector<std::size_t>& columns) {
  std::vector<std::string> notes = {
      "Mean ± standard deviation over seeds (their number), percent; bold: the highest mean."};
  std::vector<const ScoreCell*> cells;
  for (const std::size_t row : rows) {
    for (const std::size_t column : columns) {
      if (const ScoreCell* cell = grid.find(row, column)) cells.push_back(cell);
    }
  }
  add_signs(notes, cells);
  add_grain(notes, grid, columns);
  add_uniform(notes, grid, rows);
  add_averaging(notes, grid, rows, columns);
  const auto has = [&](const auto& is_so) {
    return std::any_of(columns.begin(), columns.end(),
                       [&](std::size_t i) { return is_so(grid.columns[i]); });
  };
  if (has([](const ScoreColumn& c) {
        return !c.is_synthetic && pretraining_tasks().contains(c.task);
      })) {
    notes.push_back(
        "T5 v1.0 checkpoints (t5-small, t5-base, ...) were pretrained on a mixture that contained "
        "GLUE, SuperGLUE and SQuAD (Raffel et al. 2020): these tasks are not new to them.");
  }
  if (has([](const ScoreColumn& c) { return c.is_synthetic; })) {
    notes.push_back(
        "demo: tasks of a made-up world; their names say which real task they imitate.");
  }
  return notes;
}

}  // namespace attempt::results
