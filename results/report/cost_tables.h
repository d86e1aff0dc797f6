#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/report/score_grid.h"
#include "results/report/text_table.h"

namespace attempt::results {

/// What one method costs on one task, and what it reaches there.
struct CostPoint {
  std::string label;
  std::string column;
  double score = 0;                   ///< mean over seeds, percent
  std::int64_t parameters = 0;        ///< trained
  double hours = 0;                   ///< of training and evaluation on one device, mean over seeds
  double hours_with_sources = 0;      ///< and all trials it depends on
  bool is_pareto_parameters = false;  ///< none of this task is as good for less
  bool is_pareto_hours = false;
  bool is_pareto_hours_with_sources = false;
};

std::vector<CostPoint> cost_points(const std::vector<StudyContent>& studies, const ScoreGrid& grid);

TextTable pareto_table(const std::vector<CostPoint>& points);

/// Time, speed, memory and device of each method, means over its finished trials.
TextTable cost_table(const ScoreGrid& grid);

/// First evaluation that reaches 95 % of the last one's selection value, by method and task.
TextTable speed_table(const ScoreGrid& grid);

}  // namespace attempt::results
