#include "results/report/score_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "results/report/column_comparison.h"

namespace attempt::results {

namespace {

std::size_t row_of(ScoreGrid& grid, const StudyEntry& entry, const std::string& study) {
  const std::string name = entry.label.empty() ? entry.method : entry.label;
  const std::string label = study.empty() ? name : name + " [" + study + "]";
  for (std::size_t i = 0; i < grid.rows.size(); ++i) {
    if (grid.rows[i].label == label) return i;
  }
  grid.rows.push_back({label, name, entry.method, entry.variant});
  return grid.rows.size() - 1;
}

std::size_t column_of(ScoreGrid& grid, const StudyEntry& entry, std::size_t task) {
  const std::string name =
      fmt::format("{}{}{}", entry.is_synthetic ? "demo:" : "", entry.tasks[task],
                  entry.few_shot_k > 0 ? fmt::format(", k = {}", entry.few_shot_k) : "");
  for (std::size_t i = 0; i < grid.columns.size(); ++i) {
    if (grid.columns[i].name == name) return i;
  }
  grid.columns.push_back({.name = name,
                          .task = entry.tasks[task],
                          .metric = entry.metrics.at(task),
                          .few_shot_k = entry.few_shot_k,
                          .is_synthetic = entry.is_synthetic});
  return grid.columns.size() - 1;
}

void add_trial(ScoreGrid& grid, const ReportTrial& trial, const std::string& study) {
  const std::size_t row = row_of(grid, trial.entry, study);
  for (std::size_t task = 0; task < trial.entry.tasks.size(); ++task) {
    const std::size_t column = column_of(grid, trial.entry, task);
    ScoreCell& cell = grid.cells[{row, column}];
    cell.trials.push_back(&trial);
    if (task >= trial.outcomes.size() || !trial.outcomes[task].score) continue;
    const TaskOutcome& outcome = trial.outcomes[task];
    ScoreColumn& of = grid.columns[column];
    of.examples = std::max(of.examples, outcome.examples);
    cell.scored.push_back(&trial);
    cell.scores.push_back(*outcome.score);
    cell.is_majority =
        (cell.scored.size() == 1 || cell.is_majority) && outcome.is_constant.value_or(false);
    cell.hides_majority |= !outcome.is_constant.has_value();
    if (outcome.example_scores) cell.examples.push_back(&*outcome.example_scores);
  }
}

/// The trials of several seeds use the very same source prompts.
bool has_one_source_draw(const ScoreCell& cell) {
  std::set<std::uint64_t> seeds;
  std::set<std::string> sources;
  for (const ReportTrial* trial : cell.scored) {
    seeds.insert(trial->entry.seed);
    sources.insert(trial->record->sources);
  }
  const std::string& first = *sources.begin();
  return seeds.size() > 1 && sources.size() == 1 && first.size() > 2;  // "", "[]", "{}": none
}

void summarize(ScoreCell& cell, std::int64_t examples) {
  if (!cell.has_score()) return;
  cell.seeds = summarize_seeds(cell.scores);
  cell.is_conditional = has_one_source_draw(cell);
  const bool is_complete =
      cell.examples.size() == cell.scores.size() &&
      std::all_of(cell.examples.begin(), cell.examples.end(),
                  [examples](const auto* scores) { return scores->examples == examples; });
  if (!is_complete) cell.examples.clear();
  cell.interval = {cell.seeds.low, cell.seeds.high};
  cell.has_interval = cell.scores.size() > 1;
}

}  // namespace

std::string ScoreCell::missing_reason() const {
  std::map<std::string, int> reasons;
  for (const ReportTrial* trial : trials) {
    switch (trial->entry.status) {
      case TrialStatus::kWaiting:
        ++reasons["waiting"];
        break;
      case TrialStatus::kRunning:
        ++reasons["running"];
        break;
      case TrialStatus::kFailed:
        ++reasons["failed"];
        break;
      case TrialStatus::kSucceeded:
        if (!trial->problem.empty()) ++reasons["cannot be read"];
        break;
    }
  }
  std::string text;
  for (const auto& [reason, count] : reasons) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, reason);
  }
  return text.empty() ? "no score" : text;
}

const ScoreCell* ScoreGrid::find(std::size_t row, std::size_t column) const {
  const auto found = cells.find({row, column});
  return found == cells.end() ? nullptr : &found->second;
}

ScoreGrid make_score_grid(const std::vector<StudyContent>& studies) {
  ScoreGrid grid;
  for (const StudyContent& study : studies) {
    for (const ReportTrial& trial : study.trials) {
      if (trial.entry.phase == "target") {
        add_trial(grid, trial, studies.size() > 1 ? study.name : "");
      }
    }
  }
  for (auto& [place, cell] : grid.cells) summarize(cell, grid.columns[place.second].examples);
  for (std::size_t column = 0; column < grid.columns.size(); ++column) compare_column(grid, column);
  return grid;
}

}  // namespace attempt::results
