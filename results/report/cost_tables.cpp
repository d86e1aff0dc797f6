#include "results/report/cost_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

namespace attempt::results {

namespace {

constexpr double kSecondsPerHour = 3600;

double hours_of(const TrialRecord& record) {
  return (record.cost.train_seconds + record.cost.evaluation_seconds) / kSecondsPerHour;
}

using TrialsById = std::map<std::string, const ReportTrial*>;

/// Hours of every trial that `trial` needs, each once.
double source_hours(const ReportTrial& trial, const TrialsById& trials) {
  std::set<std::string> seen;
  std::vector<std::string> open = trial.entry.depends_on;
  double hours = 0;
  while (!open.empty()) {
    const std::string id = open.back();
    open.pop_back();
    const auto found = trials.find(id);
    if (found == trials.end() || !seen.insert(id).second) continue;
    if (found->second->record) hours += hours_of(*found->second->record);
    open.insert(open.end(), found->second->entry.depends_on.begin(),
                found->second->entry.depends_on.end());
  }
  return hours;
}

template <typename Cost>
bool is_pareto(const std::vector<CostPoint>& points, const CostPoint& point, Cost cost) {
  return std::none_of(points.begin(), points.end(), [&](const CostPoint& other) {
    return other.column == point.column && other.score >= point.score &&
           cost(other) <= cost(point) && (other.score > point.score || cost(other) < cost(point));
  });
}

/// Steps until the selection value first reaches 95 % of its last one; nothing where that is not
/// above zero.
std::optional<double> steps_to_final(const EvaluationHistory& history) {
  if (history.selection.empty() || !(history.selection.back() > 0)) return std::nullopt;
  for (std::size_t i = 0; i < history.step.size(); ++i) {
    if (history.selection[i] >= 0.95 * history.selection.back()) {
      return static_cast<double>(history.step[i]);
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<CostPoint> cost_points(const std::vector<StudyContent>& studies,
                                   const ScoreGrid& grid) {
  TrialsById trials;
  for (const StudyContent& study : studies) {
    for (const ReportTrial& trial : study.trials) trials.emplace(trial.entry.trial_id, &trial);
  }
  std::vector<CostPoint> points;
  for (const auto& [place, cell] : grid.cells) {
    if (!cell.has_score()) continue;
    CostPoint point{.label = grid.rows[place.first].label,
                    .column = grid.columns[place.second].name,
                    .score = cell.seeds.mean,
                    .parameters = cell.scored.front()->record->trainable_parameters};
    const auto n = static_cast<double>(cell.scored.size());
    for (const ReportTrial* trial : cell.scored) {
      const double hours = hours_of(*trial->record);
      point.hours += hours / n;
      point.hours_with_sources += (hours + source_hours(*trial, trials)) / n;
    }
    points.push_back(point);
  }
  for (CostPoint& point : points) {
    point.is_pareto_parameters = is_pareto(
        points, point, [](const CostPoint& p) { return static_cast<double>(p.parameters); });
    point.is_pareto_hours = is_pareto(points, point, [](const CostPoint& p) { return p.hours; });
    point.is_pareto_hours_with_sources =
        is_pareto(points, point, [](const CostPoint& p) { return p.hours_with_sources; });
  }
  return points;
}

TextTable pareto_table(const std::vector<CostPoint>& points) {
  TextTable table{
      "pareto",
      "Score against trained parameters and device hours",
      {"method", "task", "score", "trained parameters", "hours", "hours with phase 1",
       "Pareto-optimal in"},
      {},
      {"Hours: training and evaluation on one device, mean over seeds; with phase 1: and "
       "every source trial that was needed, in full. Pareto-optimal: no other method is at "
       "least as good on this task for less."}};
  for (const CostPoint& point : points) {
    std::string pareto;
    for (const auto& [is_so, name] : {std::pair{point.is_pareto_parameters, "parameters"},
                                      {point.is_pareto_hours, "hours"},
                                      {point.is_pareto_hours_with_sources, "hours with phase 1"}}) {
      if (is_so) pareto += (pareto.empty() ? "" : ", ") + std::string(name);
    }
    table.lines.push_back({{point.label},
                           {point.column},
                           {fmt::format("{:.1f}", point.score)},
                           {std::to_string(point.parameters)},
                           {fmt::format("{:.4f}", point.hours)},
                           {fmt::format("{:.4f}", point.hours_with_sources)},
                           {pareto}});
  }
  return table;
}

TextTable cost_table(const ScoreGrid& grid) {
  TextTable table{
      "cost",
      "Cost and memory",
      {"method", "trials", "training s", "evaluation s", "examples/s", "peak memory MB", "device"},
      {},
      {"Means over the finished trials of a method; memory: the largest."}};
  for (std::size_t row = 0; row < grid.rows.size(); ++row) {
    std::set<const ReportTrial*> trials;
    for (std::size_t column = 0; column < grid.columns.size(); ++column) {
      if (const ScoreCell* cell = grid.find(row, column)) {
        trials.insert(cell->scored.begin(), cell->scored.end());
      }
    }
    if (trials.empty()) continue;
    Cost sum{.examples_per_second = 0, .device = {}};
    std::set<std::string> devices;
    for (const ReportTrial* trial : trials) {
      const Cost& cost = trial->record->cost;
      sum.train_seconds += cost.train_seconds;
      sum.evaluation_seconds += cost.evaluation_seconds;
      sum.examples_per_second += cost.examples_per_second;
      sum.peak_memory_bytes = std::max(sum.peak_memory_bytes, cost.peak_memory_bytes);
      devices.insert(cost.device);
    }
    for (const std::string& device : devices) {
      sum.device += (sum.device.empty() ? "" : ", ") + device;
    }
    const auto n = static_cast<double>(trials.size());
    table.lines.push_back(
        {{grid.rows[row].label},
         {std::to_string(trials.size())},
         {fmt::format("{:.1f}", sum.train_seconds / n)},
         {fmt::format("{:.1f}", sum.evaluation_seconds / n)},
         {fmt::format("{:.1f}", sum.examples_per_second / n)},
         {fmt::format("{:.0f}", static_cast<double>(sum.peak_memory_bytes) / 1e6)},
         {sum.device}});
  }
  return table;
}

TextTable speed_table(const ScoreGrid& grid) {
  TextTable table{
      "speed",
      "Steps to 95 % of the final validation score",
      {"method"},
      {},
      {"Mean over seeds of the first evaluation at which the selection value reaches 95 % of "
       "its last one; as fine as the evaluations are frequent. Blank: no seed has a last one above "
       "zero."}};
  for (const ScoreColumn& column : grid.columns) table.columns.push_back(column.name);
  for (std::size_t row = 0; row < grid.rows.size(); ++row) {
    std::vector<TableField> line = {{grid.rows[row].label}};
    for (std::size_t column = 0; column < grid.columns.size(); ++column) {
      const ScoreCell* cell = grid.find(row, column);
      std::vector<double> steps;
      if (cell != nullptr) {
        for (const ReportTrial* trial : cell->scored) {
          if (const auto found = steps_to_final(trial->record->evaluations))
            steps.push_back(*found);
        }
      }
      line.push_back({steps.empty() ? "" : fmt::format("{:.0f}", summarize_seeds(steps).mean)});
    }
    table.lines.push_back(std::move(line));
  }
  return table;
}

}  // namespace attempt::results
