#include "runner/sweep/axis_points.h"

#include <algorithm>

namespace attempt::sweep {
namespace {

/// As concerns(), and for a trial on several tasks what concerns one of them alone.
bool concerns_trial(const config::Assignment& assignment, const Draft& draft) {
  if (concerns(assignment, draft)) return true;
  if (!assignment.path.setting.starts_with("task.")) return false;
  return std::any_of(draft.tasks.begin(), draft.tasks.end(), [&](const std::string& task) {
    Draft seen = draft;
    seen.task = task;
    return concerns(assignment, seen);
  });
}

/// The i-th point of an axis, as far as it concerns the trial.
AxisPoint assignments(const config::Axis& axis, std::size_t i, const Draft& draft) {
  AxisPoint point;
  for (std::size_t k = 0; k < axis.paths.size(); ++k) {
    config::Assignment assignment{
        config::Layer::kAxis, axis.layer_name, axis.paths[k], axis.values[i][k], {}};
    if (concerns_trial(assignment, draft)) {
      point.push_back(std::move(assignment));
    }
  }
  return point;
}

}  // namespace

bool is_source_axis(const config::Axis& axis) {
  return std::all_of(axis.paths.begin(), axis.paths.end(), [](const config::SettingPath& path) {
    return path.reach == config::Reach::kSources;
  });
}

std::vector<AxisPoint> axis_points(const std::vector<config::Axis>& axes, const Draft& draft) {
  std::vector<AxisPoint> points = {{}};
  for (const config::Axis& axis : axes) {
    if (assignments(axis, 0, draft).empty()) {
      continue;
    }
    std::vector<AxisPoint> crossed;
    for (const AxisPoint& point : points) {
      for (std::size_t i = 0; i < axis.values.size(); ++i) {
        AxisPoint extended = point;
        for (config::Assignment& assignment : assignments(axis, i, draft)) {
          extended.push_back(std::move(assignment));
        }
        crossed.push_back(std::move(extended));
      }
    }
    points = std::move(crossed);
  }
  return points;
}

}  // namespace attempt::sweep
