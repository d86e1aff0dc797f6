#include "runner/config/key_path.h"

#include <algorithm>

#include "runner/config/names.h"
#include "runner/config/nearest_name.h"

namespace attempt::config {
namespace {

const std::vector<std::string>& method_only_keys() {
  static const std::vector<std::string> kKeys = {"learning_rate", "weight_decay", "optimizer"};
  return kKeys;
}

const Key* find_in(const std::vector<const Key*>& keys, const std::string& name) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key* key) { return key->name == name; });
  return found == keys.end() ? nullptr : *found;
}

std::string setting_of(const Key& key) {
  if (key.section.starts_with("method.")) {
    return "method." + key.name;
  }
  if (key.name == "max_train_examples") {
    return "task.max_train_examples";
  }
  return key.section + "." + key.name;
}

std::string base_of_variant(const KnownNames& known, const std::string& name) {
  for (const auto& [variant, base] : known.variants) {
    if (variant == name) {
      return base;
    }
  }
  const BuiltInVariant* built_in = find_built_in_variant(name);
  return built_in != nullptr ? built_in->base : "";
}

SettingPath in_section(Reach reach, const std::string& name, const std::string& section,
                       const std::string& key_name, const std::vector<const Key*>& keys,
                       std::string& problem) {
  const Key* key = find_in(keys, key_name);
  if (key == nullptr || is_definition_key(*key)) {
    problem = unknown_key_problem(section, key_name, keys);
    return {};
  }
  return {reach, name, setting_of(*key), key};
}

}  // namespace

std::vector<const Key*> method_section_keys(const std::string& method) {
  std::vector<const Key*> keys = keys_of("method." + method);
  const std::vector<const Key*> train = keys_of("train");
  keys.insert(keys.end(), train.begin(), train.end());
  return keys;
}

bool is_definition_key(const Key& key) { return key.section == "task" && !key.may_be_axis; }

std::vector<const Key*> task_section_keys() {
  std::vector<const Key*> keys = keys_of("task");
  const std::vector<const Key*> train = keys_of("train");
  keys.insert(keys.end(), train.begin(), train.end());
  return keys;
}

std::string unknown_key_problem(const std::string& section, const std::string& name,
                                const std::vector<const Key*>& allowed) {
  const std::string path = section + "." + name;
  const auto& method_only = method_only_keys();
  if ((section == "train" || section.starts_with("task.")) &&
      std::find(method_only.begin(), method_only.end(), name) != method_only.end()) {
    return "'" + path +
           "' is not a setting of all methods (a rate that suits prompts ruins full "
           "fine-tuning). Write '" +
           name + "' in [method.X], or scale every method's own rate " +
           "with train.learning_rate_scale";
  }
  std::vector<std::string> names;
  for (const Key* key : allowed) {
    names.push_back(key->name);
  }
  if (nearest_name(name, names).empty()) {
    for (const Key& key : key_table()) {
      if (key.name == name) {
        return "unknown key '" + path + "' ([" + section +
               "] has no such setting). It belongs to [" + key.section + "]";
      }
    }
  }
  return "unknown key '" + path + "' ([" + section + "] has no such setting). " +
         (names.empty() ? "Remove it" : suggestion(name, names));
}

SettingPath resolve_setting(const std::vector<std::string>& parts, const KnownNames& known,
                            std::string& problem) {
  const std::string& head = parts.at(0);
  std::string dotted = head;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    dotted += "." + parts[i];
  }
  if ((head == "model" || head == "data" || head == "train") && parts.size() == 2) {
    return in_section(Reach::kAll, "", head, parts[1], keys_of(head), problem);
  }
  if (head == "data" && parts.size() > 2 && parts[1] == "rules") {
    return {Reach::kAll, "", dotted, find_key("data", "rules")};
  }
  if (head == "sources" && parts.size() == 3 && parts[1] == "train") {
    return in_section(Reach::kSources, "", "sources.train", parts[2],
                      method_section_keys("prompt_tuning"), problem);
  }
  if (head == "few_shot" && parts.size() == 2) {
    return in_section(Reach::kFewShot, "", head, parts[1], keys_of("train"), problem);
  }
  if (head == "method" && parts.size() == 3) {
    if (const auto wrong = method_problem(parts[1])) {
      problem = *wrong;
      return {};
    }
    return in_section(Reach::kMethod, parts[1], head + "." + parts[1], parts[2],
                      method_section_keys(parts[1]), problem);
  }
  if (head == "variant" && parts.size() == 3) {
    const std::string base = base_of_variant(known, parts[1]);
    if (base.empty()) {
      std::vector<std::string> names;
      for (const auto& variant : known.variants) {
        names.push_back(variant.first);
      }
      problem = "unknown variant '" + parts[1] + "' (no [variant." + parts[1] +
                "] is in the file). " +
                (names.empty() ? "Add it, or correct the name" : suggestion(parts[1], names));
      return {};
    }
    return in_section(Reach::kVariant, parts[1], head + "." + parts[1], parts[2],
                      method_section_keys(base), problem);
  }
  if (head == "task" && parts.size() == 3) {
    const auto task = task_name(parts[1], known.own_tasks, problem);
    if (!task) {
      return {};
    }
    return in_section(Reach::kTask, *task, head + "." + parts[1], parts[2], task_section_keys(),
                      problem);
  }
  problem = "'" + dotted +
            "' is not a setting of trials (such keys are train.KEY, data.KEY, "
            "model.KEY, sources.train.KEY, method.NAME.KEY, variant.NAME.KEY, task.NAME.KEY, "
            "few_shot.KEY). "
            "Correct the key";
  return {};
}

bool is_study_key(const std::vector<std::string>& parts) {
  if (parts.size() >= 2 && (parts[0] == "grid" || parts[0] == "zip" || parts[0] == "set")) {
    return true;
  }
  if (parts.size() >= 3 && parts[0] == "task") {
    const Key* key = find_key("task", parts[2]);
    return key != nullptr && is_definition_key(*key);
  }
  if (parts.size() == 3 && parts[0] == "variant" && (parts[2] == "base" || parts[2] == "label")) {
    return true;
  }
  static const std::vector<std::string> kStudySections = {
      "sweep", "sources", "targets", "few_shot", "search", "limits", "resources", "store"};
  if (parts.size() >= 2 && parts[1] != "train" &&
      std::find(kStudySections.begin(), kStudySections.end(), parts[0]) != kStudySections.end()) {
    return find_key(parts[0], parts[1]) != nullptr;
  }
  if (parts.size() == 2 && (parts[0] == "model" || parts[0] == "data")) {
    const Key* key = find_key(parts[0], parts[1]);
    return key != nullptr && (key->kind == Kind::kPath || key->name == "max_bad_rows" ||
                              key->name == "strict_counts");
  }
  return false;
}

}  // namespace attempt::config
