#include "runner/config/config_error.h"
#include "runner/sweep/settings.h"

namespace attempt::sweep {
namespace {

/// Puts the settings that tasks have of their own in place of those of one task.
/// @param of_task  settings of the trial as one of its tasks sees them
template <typename SettingsOfTask>
void separate_tasks(const Draft& draft, Settings& settings, SettingsOfTask&& of_task) {
  const auto all = settings.all();
  for (const auto& [name, setting] : all) {
    if (name.starts_with("task.")) {
      settings.erase(name);
    }
  }
  for (const std::string& task : draft.tasks) {
    Draft seen = draft;
    seen.task = task;
    const Settings own = of_task(seen);
    for (const auto& [name, setting] : own.all()) {
      if (name.starts_with("task.")) {
        settings.set("task." + task + name.substr(name.find('.')), setting);
      }
    }
  }
}

}  // namespace

std::string task_setting(const Draft& draft, const std::string& task, const std::string& key) {
  return draft.tasks.empty() ? "task." + key : "task." + task + "." + key;
}

Settings default_trial_settings(const Draft& draft, double dropout,
                                const config::SweepFile& sweep) {
  Settings settings = default_settings(draft, sweep.task(task_names(draft)[0]), dropout);
  if (!draft.tasks.empty()) {
    separate_tasks(draft, settings, [&](const Draft& seen) {
      return default_settings(seen, sweep.task(seen.task), dropout);
    });
  }
  return settings;
}

Settings effective_trial_settings(const Draft& draft, double dropout,
                                  const config::SweepFile& sweep, const AxisPoint& point,
                                  config::Problems& problems, std::vector<std::string>& warnings) {
  Settings settings = effective_settings(draft, sweep.task(task_names(draft)[0]), dropout, sweep,
                                         point, problems, warnings);
  if (!draft.tasks.empty()) {
    separate_tasks(draft, settings, [&](const Draft& seen) {
      config::Problems seen_again;  // the trial's settings have named them
      std::vector<std::string> warned_again;
      return effective_settings(seen, sweep.task(seen.task), dropout, sweep, point, seen_again,
                                warned_again);
    });
  }
  return settings;
}

}  // namespace attempt::sweep
