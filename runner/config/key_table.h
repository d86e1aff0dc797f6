#pragma once

#include <limits>
#include <string>
#include <vector>

namespace attempt::config {

/// What a key accepts besides its `words`.
enum class Kind {
  kBoolean,
  kInteger,
  kNumber,
  kText,
  kPath,           ///< relative to the folder of the sweep file
  kWord,           ///< only `words`
  kNames,          ///< array of strings
  kNamesOrChange,  ///< array of strings, or { add = [...], remove = [...] }
  kIntegers,       ///< array of integers, or { count = n }
  kIndices,        ///< array of integers
  kCounts,         ///< array of integers that may repeat
  kTable,          ///< names -> strings or paths
  kNamesOrTable,   ///< array of strings, or names -> strings
  kTables,         ///< array of tables
  kSection,        ///< a section of its own, read by its own rules
};

/// One setting. Reading, --set, checks, suggestions, the origins that `plan` prints and
/// sweeps/README.md all follow this table.
struct Key {
  std::string section;  ///< "train", "method.attempt", "task", ...
  std::string name;
  Kind kind = Kind::kText;
  std::string default_value;  ///< TOML; "" where nothing is set
  std::string default_note;   ///< what holds when default_value is ""
  std::string unit;
  std::vector<std::string> words;  ///< allowed words
  double minimum = -std::numeric_limits<double>::infinity();
  bool above_minimum = false;  ///< the minimum itself is refused
  double maximum = std::numeric_limits<double>::infinity();
  bool in_trial_id = true;  ///< false: cannot change a result (paths, resources, what is kept)
  bool may_be_axis = true;  ///< may stand in [grid], [zip], [[override]]
  std::string help;

  std::string path() const { return section + "." + name; }
};

/// All keys, grouped by section, in the order of the reference. Sections: sweep, model, data,
/// sources, targets, few_shot, search, train, method.<id>, variant, task, limits, resources, store.
/// [sources.train], [method.X], [variant.X] and [task.X] also take every key of [train]; see
/// key_path.h.
const std::vector<Key>& key_table();

/// Keys of one section. Empty for an unknown section.
std::vector<const Key*> keys_of(const std::string& section);

/// nullptr when there is none.
const Key* find_key(const std::string& section, const std::string& name);

/// Sections with a meaning of their own: grid, zip, override, set.
const std::vector<std::string>& special_sections();

/// "a number > 0, or \"paper\"": what a key accepts, for messages and the reference.
std::string accepted_values(const Key& key);

/// The reference of all keys as Markdown tables, one a section; stands in sweeps/README.md.
std::string key_reference();

}  // namespace attempt::config
