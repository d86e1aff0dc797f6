#pragma once

#include <string>
#include <vector>

#include "runner/config/key_table.h"

namespace attempt::config {

/// Which trials a setting concerns.
enum class Reach { kAll, kSources, kMethod, kVariant, kTask, kFewShot };

/// A per-trial setting as a sweep names it: "train.epochs" (all trials), "sources.train.epochs"
/// (source trials), "method.attempt.temperature", "variant.mine.epochs", "task.rte.max_steps",
/// "few_shot.max_steps" (few-shot trials).
struct SettingPath {
  Reach reach = Reach::kAll;
  std::string name;     ///< method, variant or task that `reach` names
  std::string setting;  ///< the same for every way to write it: "train.epochs", "method.init"
  const Key* key = nullptr;
};

/// Names that paths may hold.
struct KnownNames {
  std::vector<std::pair<std::string, std::string>> variants = {};  ///< name -> base method
  std::vector<std::string> own_tasks = {};                         ///< [task.X] define = true
};

/// Resolves a split key. @return a path without `key`, and the reason in `problem` (in the form of
/// ConfigError), where it is no per-trial setting.
SettingPath resolve_setting(const std::vector<std::string>& parts, const KnownNames& known,
                            std::string& problem);

/// True for a key that names a study-level setting: "sweep.seeds", "data.root", "task.rte.files".
bool is_study_key(const std::vector<std::string>& parts);

/// "Did you mean ...?" for a key that a section does not have, or where the key belongs.
std::string unknown_key_problem(const std::string& section, const std::string& name,
                                const std::vector<const Key*>& allowed);

/// Keys that [method.X] takes: X's options and [train]'s.
std::vector<const Key*> method_section_keys(const std::string& method);
/// Keys that define a task or name its files; no settings of trials.
bool is_definition_key(const Key& key);

/// Keys that [task.X] takes: the task's and [train]'s.
std::vector<const Key*> task_section_keys();

}  // namespace attempt::config
