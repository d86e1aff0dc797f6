#include "results/report/score_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "results/report/footnotes.h"

namespace attempt::results {

namespace {

/// Tasks that are averaged together, in the paper's order.
struct TaskGroup {
  std::string name;
  std::vector<std::string> tasks;
};

struct PaperTable {
  std::string id;
  std::string title;
  std::vector<TaskGroup> groups;
};

const std::vector<PaperTable>& paper_tables() {
  static const std::vector<PaperTable> tables = {
      {"glue_superglue",
       "GLUE and SuperGLUE",
       {{"GLUE", {"mnli", "qqp", "qnli", "sst2", "stsb", "mrpc", "rte", "cola"}},
        {"SuperGLUE", {"multirc", "boolq", "wic", "wsc", "cb"}}}},
      {"mrqa_others",
       "MRQA and others",
       {{"MRQA", {"nq", "hotpotqa", "searchqa", "newsqa"}},
        {"Others", {"winogrande", "yelp", "scitail", "paws"}}}}};
  return tables;
}

using Columns = std::vector<std::size_t>;

/// Columns of the whole training split, real data, of these tasks, in their order.
Columns columns_of(const ScoreGrid& grid, const std::vector<std::string>& tasks) {
  Columns columns;
  for (const std::string& task : tasks) {
    for (std::size_t i = 0; i < grid.columns.size(); ++i) {
      const ScoreColumn& column = grid.columns[i];
      if (column.task == task && column.few_shot_k == 0 && !column.is_synthetic) {
        columns.push_back(i);
      }
    }
  }
  return columns;
}

/// Mean of the cells of a row; nothing unless all are there.
TableField average_field(const ScoreGrid& grid, std::size_t row, const Columns& columns) {
  double sum = 0;
  for (const std::size_t column : columns) {
    const ScoreCell* cell = grid.find(row, column);
    if (cell == nullptr || !cell->has_score()) return {"incomplete"};
    sum += cell->seeds.mean;
  }
  return {fmt::format("{:.1f}", sum / static_cast<double>(columns.size()))};
}

/// A column of averages: its heading and what it is over.
struct Average {
  std::string name;
  Columns columns;
};

void add_averages(std::vector<Average>& averages, const std::string& name, const Columns& columns,
                  const ScoreGrid& grid, const std::set<std::string>& sources) {
  if (columns.size() < 2) return;
  averages.push_back({name + " average", columns});
  Columns others;
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(others),
               [&](std::size_t i) { return !sources.contains(grid.columns[i].task); });
  if (others.size() < columns.size() && !others.empty()) {
    averages.push_back({name + " average without source tasks", others});
  }
}

/// An average, not the reason why there is none.
bool is_number(const TableField& average) {
  return average.text != "incomplete" && average.text != "not in study";
}

void mark_best_average(TextTable& table, std::size_t field) {
  double best = -1e9;
  for (const auto& line : table.lines) {
    if (is_number(line[field])) best = std::max(best, std::stod(line[field].text));
  }
  for (auto& line : table.lines) {
    line[field].is_bold = is_number(line[field]) && std::stod(line[field].text) == best;
  }
}

TextTable make_table(const std::string& id, const std::string& title, const ScoreGrid& grid,
                     const std::vector<std::size_t>& rows, const Columns& columns,
                     const std::vector<Average>& averages) {
  TextTable table{id, title, {"method"}, {}, {}};
  for (const std::size_t column : columns) table.columns.push_back(grid.columns[column].name);
  for (const Average& average : averages) table.columns.push_back(average.name);
  std::vector<std::size_t> shown;
  for (const std::size_t row : rows) {
    const bool is_in = std::any_of(columns.begin(), columns.end(), [&](std::size_t column) {
      return grid.find(row, column) != nullptr;
    });
    if (!is_in) continue;
    shown.push_back(row);
    std::vector<TableField> line = {{grid.rows[row].label}};
    for (const std::size_t column : columns) line.push_back(score_field(grid.find(row, column)));
    for (const Average& average : averages) {
      line.push_back(average_field(grid, row, average.columns));
    }
    table.lines.push_back(std::move(line));
  }
  if (table.lines.empty()) return table;
  // A row of every table with ATTEMPT, also where no such trial is in the study.
  for (const std::string& method : attempt_without_uniform(grid, shown)) {
    std::vector<TableField> line(table.columns.size(), {"not in study"});
    line.front() = {uniform_label(method)};
    table.lines.push_back(std::move(line));
  }
  for (std::size_t i = 0; i < averages.size(); ++i) {
    mark_best_average(table, 1 + columns.size() + i);
  }
  table.notes = score_notes(grid, shown, columns);
  return table;
}

std::vector<std::size_t> all_rows(const ScoreGrid& grid) {
  std::vector<std::size_t> rows(grid.rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  return rows;
}

void add_if_filled(std::vector<TextTable>& tables, TextTable table) {
  if (!table.lines.empty()) tables.push_back(std::move(table));
}

std::string standing_text(Standing standing) {
  switch (standing) {
    case Standing::kBest:
      return "best";
    case Standing::kNotDistinguished:
      return "not distinguishable from the best";
    case Standing::kTooFewToTell:
      return "n too small";
    case Standing::kOther:
      return "below the best";
  }
  return "";
}

std::string basis_text(const ScoreCell& cell) {
  std::string text = !cell.examples.empty() ? cell.scores.size() > 1 ? "seeds and test examples"
                                                                     : "test examples, one seed"
                     : cell.has_interval    ? "seeds (Student's t)"
                                            : "none: one seed";
  if (cell.is_conditional) text += "; conditional on one source draw";
  if (cell.is_majority) text += "; majority: one prediction for every example";
  return text;
}

}  // namespace

TableField score_field(const ScoreCell* cell) {
  if (cell == nullptr) return {"not in study"};
  if (!cell->has_score())
    return {cell->missing_reason(), false, cell->trials.front()->entry.trial_id};
  TableField field{fmt::format("{:.1f}", cell->seeds.mean), cell->standing == Standing::kBest,
                   cell->scored.front()->entry.trial_id};
  if (cell->is_majority) {
    field.text += " majority";
  } else if (cell->seeds.n > 1) {
    field.text += fmt::format(" ± {:.1f}", cell->seeds.std);
  }
  field.text += fmt::format(" ({})", cell->seeds.n);
  if (cell->is_conditional) field.text += " †";
  if (cell->standing == Standing::kNotDistinguished) field.text += " ≈";
  if (cell->standing == Standing::kTooFewToTell) field.text += " ?";
  if (cell->has_interval) {
    field.detail = fmt::format("95 % interval {:.1f} to {:.1f} ({})", cell->interval.low,
                               cell->interval.high, basis_text(*cell));
  }
  return field;
}

std::vector<TextTable> score_tables(const ScoreGrid& grid, const std::set<std::string>& sources) {
  std::vector<TextTable> tables;
  std::set<std::size_t> placed;
  const std::vector<std::size_t> rows = all_rows(grid);
  for (const PaperTable& paper : paper_tables()) {
    Columns columns;
    std::vector<Average> averages;
    for (const TaskGroup& group : paper.groups) {
      const Columns of_group = columns_of(grid, group.tasks);
      add_averages(averages, group.name, of_group, grid, sources);
      columns.insert(columns.end(), of_group.begin(), of_group.end());
    }
    placed.insert(columns.begin(), columns.end());
    add_if_filled(tables, make_table(paper.id, paper.title, grid, rows, columns, averages));
  }
  Columns few_shot;
  Columns other;
  for (std::size_t i = 0; i < grid.columns.size(); ++i) {
    if (placed.contains(i)) continue;
    (grid.columns[i].few_shot_k > 0 ? few_shot : other).push_back(i);
  }
  std::vector<Average> averages;
  add_averages(averages, "All", other, grid, sources);
  add_if_filled(tables, make_table("few_shot", "Few examples", grid, rows, few_shot, {}));
  add_if_filled(tables, make_table("other_tasks", "Other tasks", grid, rows, other, averages));

  std::vector<std::size_t> variants;
  for (const std::size_t row : rows) {
    if (grid.rows[row].method == "attempt" || grid.rows[row].method == "attempt_m") {
      variants.push_back(row);
    }
  }
  Columns all;
  for (std::size_t i = 0; i < grid.columns.size(); ++i) all.push_back(i);
  if (variants.size() > 1) {
    averages.clear();
    add_averages(averages, "All", all, grid, sources);
    add_if_filled(
        tables, make_table("ablations", "ATTEMPT and its variants", grid, variants, all, averages));
  }
  return tables;
}

TextTable all_scores_table(const ScoreGrid& grid) {
  TextTable table{"scores",
                  "Every score",
                  {"method", "task", "metric", "mean", "standard deviation", "seeds", "95 % low",
                   "95 % high", "against the best", "adjusted p", "interval over"},
                  {},
                  {}};
  for (const auto& [place, cell] : grid.cells) {
    const ScoreColumn& column = grid.columns[place.second];
    std::vector<TableField> line = {{grid.rows[place.first].label}, {column.name}, {column.metric}};
    if (!cell.has_score()) {
      line.push_back({cell.missing_reason()});
      line.resize(table.columns.size());
    } else {
      const std::string& id = cell.scored.front()->entry.trial_id;
      const bool has_p =
          cell.standing == Standing::kOther || cell.standing == Standing::kNotDistinguished;
      line.push_back({fmt::format("{:.2f}", cell.seeds.mean), false, id});
      line.push_back({cell.seeds.n > 1 ? fmt::format("{:.2f}", cell.seeds.std) : ""});
      line.push_back({std::to_string(cell.seeds.n)});
      line.push_back({cell.has_interval ? fmt::format("{:.2f}", cell.interval.low) : ""});
      line.push_back({cell.has_interval ? fmt::format("{:.2f}", cell.interval.high) : ""});
      line.push_back({standing_text(cell.standing)});
      line.push_back({has_p ? fmt::format("{:.3g}", cell.adjusted_p) : ""});
      line.push_back({basis_text(cell)});
    }
    table.lines.push_back(std::move(line));
  }
  return table;
}

}  // namespace attempt::results
