#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "datasets/data_rules.h"
#include "datasets/task.h"
#include "runner/sweep/draft.h"

namespace attempt::sweep {

/// The effective value of one setting and the layer it came from.
struct Setting {
  config::Value value;
  std::string layer;
  const config::Key* key = nullptr;
};

/// Effective settings of a trial by name ("train.epochs", "method.temperature"); only those that
/// the trial uses, so that equal trials have equal settings.
class Settings {
 public:
  bool has(const std::string& name) const { return values_.contains(name); }
  const Setting& at(const std::string& name) const;
  double number(const std::string& name) const { return at(name).value.number(); }
  std::int64_t integer(const std::string& name) const { return at(name).value.integer(); }
  bool boolean(const std::string& name) const { return at(name).value.boolean(); }
  const std::string& text(const std::string& name) const { return at(name).value.text(); }
  /// `word` stands for a value of its own, e.g. "auto", "off".
  bool is_word(const std::string& name) const { return at(name).value.is_text(); }
  std::int64_t integer_or(const std::string& name, std::int64_t fallback) const;
  const config::Position& position(const std::string& name) const { return at(name).value.at; }

  void set(const std::string& name, Setting setting) { values_[name] = std::move(setting); }
  void erase(const std::string& name) { values_.erase(name); }
  const std::map<std::string, Setting>& all() const { return values_; }

  datasets::DataRules rules;

 private:
  std::map<std::string, Setting> values_;
};

/// Values of the first release for a trial: the method's, the task's and the backbone's own. Trial
/// ids hold what differs from these, so a default never changes without a new semantics_version.
Settings default_settings(const Draft& draft, const datasets::Task& task, double dropout);

/// All layers applied, unused settings dropped.
/// @param point  values of the axes for this trial
Settings effective_settings(const Draft& draft, const datasets::Task& task, double dropout,
                            const config::SweepFile& sweep, const AxisPoint& point,
                            config::Problems& problems, std::vector<std::string>& warnings);

/// The same for a trial on one task or several. Of several, the settings of task X are named
/// "task.X.max_source_length"; everything else holds for all.
Settings default_trial_settings(const Draft& draft, double dropout, const config::SweepFile& sweep);
Settings effective_trial_settings(const Draft& draft, double dropout,
                                  const config::SweepFile& sweep, const AxisPoint& point,
                                  config::Problems& problems, std::vector<std::string>& warnings);

/// "task.max_source_length", or "task.rte.max_source_length" of a trial on several.
std::string task_setting(const Draft& draft, const std::string& task, const std::string& key);

/// Drops settings that have no effect under the others: a temperature without attention network,
/// anything of training where nothing is trained. methods.md sections 2, 5 and 6.
void drop_unused(const Draft& draft, const datasets::Task& task, Settings& settings);

}  // namespace attempt::sweep
