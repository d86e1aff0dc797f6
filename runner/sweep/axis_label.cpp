#include "runner/sweep/axis_label.h"

namespace attempt::sweep {
namespace {

std::string entry(const std::string& before, const config::Assignment& assignment) {
  const std::string& setting = assignment.path.setting;
  const config::Value& value = assignment.value;
  return ", " + before + setting.substr(setting.find('.') + 1) + " " +
         (value.is_text() ? value.text() : config::to_toml(value));
}

}  // namespace

std::string axis_label(const AxisPoint& point, const Settings& settings) {
  std::string label;
  for (const config::Assignment& assignment : point) {
    const std::string& name = assignment.path.setting;
    const bool holds =
        settings.has(name) && config::same_value(settings.at(name).value, assignment.value);
    if (holds) label += entry("", assignment);  // a variant or --set may say otherwise
  }
  return label;
}

std::string source_axis_label(const AxisPoint& point) {
  std::string label;
  for (const config::Assignment& assignment : point) label += entry("source ", assignment);
  return label;
}

}  // namespace attempt::sweep
