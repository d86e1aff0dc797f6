#include <algorithm>

#include "datasets/data_rules.h"
#include "runner/config/names.h"
#include "runner/config/nearest_name.h"
#include "runner/config/sweep_reader.h"
#include "runner/config/value_check.h"

namespace attempt::config {

namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void SweepReader::assign(Layer layer, const std::string& layer_name,
                         const std::vector<std::string>& parts, Value& value, const When& when) {
  std::string problem;
  const SettingPath path = resolve_setting(parts, known_, problem);
  std::string dotted;
  for (const std::string& part : parts) {
    dotted += (dotted.empty() ? "" : ".") + part;
  }
  if (path.key == nullptr) {
    problems_.add(value.at, dotted, problem);
    return;
  }
  if (path.key->path() == "data.rules") {
    if (!value.is_text()) {
      problems_.add(value.at, dotted,
                    "'" + dotted + "' is " + value.type_name() +
                        " (a rule is \"corrected\" or \"authors\"). Write one " + "of these");
      return;
    }
    try {
      datasets::DataRules rules;
      datasets::set_rule(rules, path.setting.substr(std::string("data.rules.").size()),
                         value.text());
    } catch (const std::invalid_argument& error) {
      problems_.add(value.at, dotted,
                    std::string("'") + dotted + "' = \"" + value.text() + "\": " + error.what() +
                        " (docs/data.md lists the rules). "
                        "Correct it");
      return;
    }
  } else if (!check(*path.key, dotted, value)) {
    return;
  }
  if (path.key->kind == Kind::kPath) {
    make_absolute(value);
  }
  const bool is_late = layer == Layer::kOverride || layer == Layer::kAxis;
  if (is_late && !path.key->may_be_axis) {
    problems_.add(value.at, dotted,
                  "'" + dotted + "' cannot differ between trials here (it " +
                      "belongs to the whole study). Set it in its section");
    return;
  }
  sweep_.assignments.push_back({layer, layer_name, path, value, when});
}

void SweepReader::read_general(const std::string& name, Value& section) {
  for (auto& [key_name, value] : section.table()) {
    const std::string path = name + "." + key_name;
    const Key* key = find_key(name, key_name);
    if (key == nullptr) {
      problems_.add(value.at, path, unknown_key_problem(name, key_name, keys_of(name)));
    } else if (path == "data.rules") {
      if (require_table(path, value)) {
        for (Leaf& leaf : leaves_of(value, problems_)) {
          leaf.parts.insert(leaf.parts.begin(), {"data", "rules"});
          assign(Layer::kGeneral, "[data.rules]", leaf.parts, *leaf.value);
        }
      }
    } else if (is_study_key({name, key_name})) {
      if (check(*key, path, value)) {
        set_study_value(*key, value);
      }
    } else {
      assign(Layer::kGeneral, "[" + name + "]", {name, key_name}, value);
    }
  }
}

void SweepReader::read_source_training(Value& section) {
  if (!require_table("sources.train", section)) {
    return;
  }
  for (auto& [key, value] : section.table()) {
    assign(Layer::kSourcesTrain, "[sources.train]", {"sources", "train", key}, value);
  }
}

void SweepReader::read_methods(Value& methods) {
  for (auto& [name, section] : methods.table()) {
    if (!require_table("method." + name, section)) {
      continue;
    }
    if (const auto wrong = method_problem(name)) {
      problems_.add(section.at, "method." + name, *wrong);
      continue;
    }
    for (auto& [key, value] : section.table()) {
      assign(Layer::kMethod, "[method." + name + "]", {"method", name, key}, value);
    }
  }
}

void SweepReader::read_variant_settings(Value& variants) {
  for (auto& [name, section] : variants.table()) {
    const bool known = std::any_of(known_.variants.begin(), known_.variants.end(),
                                   [&](const auto& variant) { return variant.first == name; });
    if (!known) {
      continue;  // its own problem has been named
    }
    for (auto& [key, value] : section.table()) {
      if (key == "base" || key == "label") {
        check(*find_key("variant", key), "variant." + name + "." + key, value);
      } else {
        assign(Layer::kVariant, "[variant." + name + "]", {"variant", name, key}, value);
      }
    }
  }
}

void SweepReader::read_tasks(Value& tasks) {
  for (auto& [name, section] : tasks.table()) {
    if (!require_table("task." + name, section)) {
      continue;
    }
    std::string problem;
    const auto task = task_name(name, known_.own_tasks, problem);
    if (!task) {
      problems_.add(section.at, "task." + name, problem);
      continue;
    }
    const bool is_own = holds(known_.own_tasks, name);
    if (is_own) read_own_task(name, section);
    for (auto& [key_name, value] : section.table()) {
      const Key* key = find_key("task", key_name);
      if (key_name == "files") {
        read_files(*task, value);
      } else if (key == nullptr || !is_definition_key(*key)) {
        assign(Layer::kTask, "[task." + name + "]", {"task", *task, key_name}, value);
      } else if (!is_own && section.find("define") == nullptr) {
        problems_.add(value.at, "task." + name + "." + key_name,
                      "'task." + name + "." + key_name + "' is for tasks of one's own (" + *task +
                          " is built in). Remove it, or define a task of another name");
      }
    }
  }
}

void SweepReader::read_files(const std::string& task, Value& files) {
  const std::string path = "task." + task + ".files";
  if (!check(*find_key("task", "files"), path, files)) {
    return;
  }
  static const std::vector<std::string> kSplits = {"train", "validation", "validation_matched",
                                                   "validation_mismatched", "test"};
  static const std::vector<std::string> kOwnSplits = {"train", "validation", "test"};
  const auto& splits = holds(known_.own_tasks, task) ? kOwnSplits : kSplits;
  for (auto& [split, file] : files.table()) {
    if (!holds(splits, split)) {
      problems_.add(file.at, path + "." + split,
                    "unknown split '" + split + "' (files are given " + "by official split). " +
                        suggestion(split, splits));
      continue;
    }
    make_absolute(file);
    sweep_.task_files[task][split] = file.text();
  }
}

void SweepReader::read_overrides(Value& overrides) {
  if (!overrides.is_array()) {
    problems_.add(overrides.at, "override",
                  "[override] is " + overrides.type_name() +
                      " (there may be several, in order). Write [[override]]");
    return;
  }
  int number = 0;
  for (Value& item : std::get<Value::Array>(overrides.data)) {
    const std::string name = "[[override]] " + std::to_string(++number);
    if (!require_table("override", item)) {
      continue;
    }
    When when;
    Value* set = nullptr;
    for (auto& [key, value] : item.table()) {
      if (key == "when" && require_table("override.when", value)) {
        when = read_when(value);
      } else if (key == "set" && require_table("override.set", value)) {
        set = &value;
      } else if (key != "when" && key != "set") {
        problems_.add(value.at, "override." + key,
                      "unknown key '" + key + "' in " + name + " (it has 'when' and 'set'). " +
                          suggestion(key, {"when", "set"}));
      }
    }
    if (set == nullptr) {
      problems_.add(item.at, "override.set",
                    name +
                        " has no 'set' (it would have no effect). Add set = { train.epochs = "
                        "40 }");
      continue;
    }
    for (Leaf& leaf : leaves_of(*set, problems_)) {
      assign(Layer::kOverride, name, leaf.parts, *leaf.value, when);
    }
  }
}

When SweepReader::read_when(Value& table) {
  When when;
  for (auto& [key, value] : table.table()) {
    const Value::Array items = value.is_array() ? value.array() : Value::Array{value};
    static const std::vector<std::string> kKeys = {"method", "task", "phase", "seed"};
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      problems_.add(value.at, "override.when." + key,
                    "unknown condition '" + key + "' (trials are chosen by method, task, phase " +
                        "and seed). " + suggestion(key, kKeys));
      continue;
    }
    for (const Value& item : items) {
      std::string problem;
      if (key == "seed" ? !item.is_integer() : !item.is_text()) {
        problem = "'when." + key + "' holds " + item.type_name() + " (it takes " +
                  (key == "seed" ? "integers" : "names") + "). Correct it";
      } else if (key == "seed") {
        when.seeds.push_back(item.integer());
      } else if (key == "task") {
        if (const auto task = task_name(item.text(), known_.own_tasks, problem)) {
          when.tasks.push_back(*task);
        }
      } else if (key == "phase") {
        if (item.text() != "source" && item.text() != "target") {
          problem = "'when.phase' is \"" + item.text() +
                    "\" (there are two phases). Write \"source\" or \"target\"";
        }
        when.phases.push_back(item.text());
      } else {
        const bool is_variant = find_built_in_variant(item.text()) != nullptr ||
                                std::any_of(known_.variants.begin(), known_.variants.end(),
                                            [&](const auto& v) { return v.first == item.text(); });
        if (const auto wrong = is_variant ? std::nullopt : method_problem(item.text())) {
          problem = *wrong;
        }
        when.methods.push_back(item.text());
      }
      if (!problem.empty()) {
        problems_.add(value.at, "override.when." + key, problem);
      }
    }
  }
  return when;
}

}  // namespace attempt::config
