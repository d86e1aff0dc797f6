#include "runner/sweep/axis_label.h"

#include <fmt/format.h>

#include <algorithm>

namespace attempt::sweep {
namespace {

std::string value_text(const config::Assignment& assignment) {
  const config::Value& value = assignment.value;
  if (value.is_text()) return value.text();
  // Samplers draw with all digits; the configuration's number tells like ones apart.
  const bool is_drawn = assignment.layer_name == "[search]";
  if (is_drawn && value.is_number() && !value.is_integer()) {
    return fmt::format("{:.4g}", value.number());
  }
  return config::to_toml(value);
}

std::string entry(const std::string& before, const config::Assignment& assignment) {
  const std::string& setting = assignment.path.setting;
  return ", " + before + setting.substr(setting.find('.') + 1) + " " + value_text(assignment);
}

/// Whether a trial uses an axis' value: a variant or --set may say otherwise.
bool holds(const config::Assignment& assignment, const Draft& draft, const Settings& settings) {
  const auto is_value_of = [&](const std::string& name) {
    return settings.has(name) && config::same_value(settings.at(name).value, assignment.value);
  };
  const std::string& setting = assignment.path.setting;
  if (draft.tasks.empty() || !setting.starts_with("task.")) return is_value_of(setting);
  const std::string key = setting.substr(setting.find('.') + 1);
  return std::any_of(draft.tasks.begin(), draft.tasks.end(), [&](const std::string& task) {
    const bool is_concerned =
        assignment.path.reach != config::Reach::kTask || assignment.path.name == task;
    return is_concerned && is_value_of(task_setting(draft, task, key));
  });
}

}  // namespace

std::string axis_label(const AxisPoint& point, const Draft& draft, const Settings& settings) {
  std::string label;
  for (const config::Assignment& assignment : point) {
    if (!holds(assignment, draft, settings)) continue;
    // What a search chose differs from task to task, and is one row of the table.
    if (assignment.layer_name == "[search]" && draft.phase == "target") continue;
    const bool is_of_one = !draft.tasks.empty() && assignment.path.reach == config::Reach::kTask;
    label += entry(is_of_one ? assignment.path.name + " " : "", assignment);
  }
  return label;
}

std::string source_axis_label(const AxisPoint& point) {
  std::string label;
  for (const config::Assignment& assignment : point) {
    if (assignment.layer_name != "[search]") label += entry("source ", assignment);
  }
  return label;
}

}  // namespace attempt::sweep
