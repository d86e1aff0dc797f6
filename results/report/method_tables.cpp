#include "results/report/method_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "results/published/published_figures.h"
#include "results/statistics/paired_tests.h"

namespace attempt::results {

namespace {

/// Means over seeds on the whole training split (few-shot columns repeat their task).
std::map<std::size_t, double> task_means(const ScoreGrid& grid, std::size_t row) {
  std::map<std::size_t, double> means;
  for (std::size_t column = 0; column < grid.columns.size(); ++column) {
    const ScoreCell* cell = grid.find(row, column);
    if (cell != nullptr && cell->has_score() && grid.columns[column].few_shot_k == 0) {
      means[column] = cell->seeds.mean;
    }
  }
  return means;
}

double mean_of(const std::map<std::size_t, double>& means) {
  double sum = 0;
  for (const auto& [column, mean] : means) sum += mean;
  return means.empty() ? -1e9 : sum / static_cast<double>(means.size());
}

std::size_t reference_row(const ScoreGrid& grid) {
  std::size_t best = 0;
  for (std::size_t row = 0; row < grid.rows.size(); ++row) {
    const bool is_attempt = grid.rows[row].method == "attempt" && grid.rows[row].variant.empty();
    if (is_attempt && !task_means(grid, row).empty()) return row;
    if (mean_of(task_means(grid, row)) > mean_of(task_means(grid, best))) best = row;
  }
  return best;
}

std::string verdict(const PairedTest& test, double adjusted_p) {
  if (!test.can_decide()) return "n too small";
  return adjusted_p < kTestLevel ? "different" : "not distinguishable";
}

bool is_comparable(const ScoreCell& cell) {
  return cell.has_score() && std::all_of(cell.scored.begin(), cell.scored.end(), [](const auto* t) {
           return t->record->comparable && !t->record->synthetic;
         });
}

}  // namespace

TextTable comparison_table(const ScoreGrid& grid) {
  TextTable table{"comparisons", "", {}, {}, {}};
  if (grid.rows.size() < 2) return table;
  const std::size_t reference = reference_row(grid);
  const std::map<std::size_t, double> reference_means = task_means(grid, reference);
  struct Line {
    std::string label;
    std::vector<double> differences;
    PairedTest test;
  };
  std::vector<Line> lines;
  for (std::size_t row = 0; row < grid.rows.size(); ++row) {
    if (row == reference) continue;
    Line line{grid.rows[row].label, {}, {}};
    for (const auto& [column, mean] : task_means(grid, row)) {
      const auto other = reference_means.find(column);
      if (other != reference_means.end()) line.differences.push_back(mean - other->second);
    }
    if (line.differences.empty()) continue;
    line.test = wilcoxon_signed_rank(line.differences);
    lines.push_back(std::move(line));
  }
  std::vector<PairedTest> tests;
  for (const Line& line : lines) tests.push_back(line.test);
  const std::vector<double> adjusted = holm_adjusted(tests);
  table.title = "Over tasks, against " + grid.rows[reference].label;
  table.columns = {"method", "tasks",      "mean difference", "rank-biserial effect",
                   "d_z",    "Wilcoxon p", "adjusted p",      "sign test p",
                   "verdict"};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i];
    const std::optional<double> effect = standardized_mean_difference(line.differences);
    table.lines.push_back({{line.label},
                           {std::to_string(line.differences.size())},
                           {fmt::format("{:+.2f}", summarize_seeds(line.differences).mean)},
                           {fmt::format("{:+.2f}", line.test.effect)},
                           {effect ? fmt::format("{:+.2f}", *effect) : "–"},
                           {fmt::format("{:.3g}", line.test.p)},
                           {fmt::format("{:.3g}", adjusted[i])},
                           {fmt::format("{:.3g}", sign_test(line.differences).p)},
                           {verdict(line.test, adjusted[i])}});
  }
  table.notes = {
      "A task's mean over seeds is the unit. n too small: with so few tasks Wilcoxon's test cannot "
      "reach 0.05, whatever the scores. Adjusted p: Holm over the lines that can."};
  return table;
}

TextTable parameter_table(const ScoreGrid& grid) {
  struct Range {
    std::int64_t least = 0;
    std::int64_t most = 0;
    std::int64_t tasks = 1;
  };
  TextTable table{"parameters",
                  "Trained parameters",
                  {"method", "trained parameters", "tasks of a trial", "per task"},
                  {},
                  {}};
  for (std::size_t row = 0; row < grid.rows.size(); ++row) {
    std::optional<Range> range;
    for (std::size_t column = 0; column < grid.columns.size(); ++column) {
      const ScoreCell* cell = grid.find(row, column);
      if (cell == nullptr) continue;
      for (const ReportTrial* trial : cell->scored) {
        const std::int64_t count = trial->record->trainable_parameters;
        if (!range) range = {count, count, static_cast<std::int64_t>(trial->entry.tasks.size())};
        range->least = std::min(range->least, count);
        range->most = std::max(range->most, count);
      }
    }
    if (!range) continue;
    const auto text = [](std::int64_t least, std::int64_t most) {
      return least == most ? fmt::format("{}", least) : fmt::format("{}–{}", least, most);
    };
    table.lines.push_back({{grid.rows[row].label},
                           {text(range->least, range->most)},
                           {std::to_string(range->tasks)},
                           {text(range->least / range->tasks, range->most / range->tasks)}});
  }
  return table;
}

TextTable published_table(const ScoreGrid& grid) {
  const PublishedFigures& published = published_figures();
  TextTable table{"published", "Beside the published figures", {"method"}, {}, {}};
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < grid.columns.size(); ++column) {
    for (std::size_t row = 0; row < grid.rows.size(); ++row) {
      const ScoreCell* cell = grid.find(row, column);
      if (grid.columns[column].few_shot_k > 0 || cell == nullptr || !is_comparable(*cell)) continue;
      columns.push_back(column);
      table.columns.push_back(grid.columns[column].name);
      break;
    }
  }
  std::vector<std::string> notes;
  for (std::size_t row = 0; row < grid.rows.size() && !columns.empty(); ++row) {
    const PublishedRow* figures =
        grid.rows[row].variant.empty() ? published.find(grid.rows[row].method) : nullptr;
    if (figures == nullptr) continue;
    std::vector<TableField> line = {{grid.rows[row].label}};
    for (const std::size_t column : columns) {
      const ScoreCell* cell = grid.find(row, column);
      const std::string& task = grid.columns[column].task;
      TableField field;
      if (const auto score = figures->scores.find(task);
          cell != nullptr && is_comparable(*cell) && score != figures->scores.end()) {
        field = {fmt::format("{:.1f} / {:.1f} ({:+.1f})", cell->seeds.mean, score->second,
                             cell->seeds.mean - score->second),
                 false, cell->scored.front()->entry.trial_id, figures->source};
      } else if (const auto why = figures->left_out.find(task); why != figures->left_out.end()) {
        notes.push_back(fmt::format("{} on {} is left blank: sources disagree ({}).",
                                    grid.rows[row].label, task, why->second));
      }
      line.push_back(std::move(field));
    }
    table.lines.push_back(std::move(line));
    notes.push_back(fmt::format("{}: {}.", grid.rows[row].label, figures->source));
  }
  table.notes = {"Ours / published (difference), for trials with the split, texts and metrics of " +
                     published.paper + ". Confidence: " + published.confidence + ".",
                 "Published figures enter no mean and no test."};
  table.notes.insert(table.notes.end(), notes.begin(), notes.end());
  return table;
}

}  // namespace attempt::results
