#include "runner/sweep/trial_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace attempt::sweep {
namespace {

std::string written_name(const Draft& draft, const std::string& setting) {
  const std::size_t dot = setting.find('.');
  const std::string section = setting.substr(0, dot);
  const std::string key = setting.substr(dot + 1);
  if (section == "method") {
    return "method." + draft.method + "." + key;
  }
  return section == "task" && draft.tasks.empty() ? "task." + draft.task + "." + key : setting;
}

}  // namespace

std::vector<ValueOrigin> value_origins(const Draft& draft, const Settings& settings) {
  std::vector<ValueOrigin> values;
  for (const auto& [name, setting] : settings.all()) {
    if (!name.starts_with("data.rules.")) {
      values.push_back({written_name(draft, name), config::to_toml(setting.value), setting.layer});
    }
  }
  const std::string compat = "compat = \"" + settings.text("data.compat") + "\"";
  const nlohmann::json rules = settings.rules;
  for (const auto& [rule, value] : rules.items()) {
    const std::string name = "data.rules." + rule;
    values.push_back({"data.rules.\"" + rule + "\"", value.dump(),
                      settings.has(name) ? settings.at(name).layer : compat});
  }
  return values;
}

void add_definition(const datasets::Task& task, std::vector<ValueOrigin>& values) {
  if (!task.definition) return;
  const datasets::TaskDefinition& definition = *task.definition;
  const std::string section = "task." + task.name;
  std::vector<ValueOrigin> defined;
  const auto add = [&](const char* key, const config::Value& value) {
    defined.push_back({section + "." + key, config::to_toml(value), "[" + section + "]"});
  };
  const auto add_text = [&](const char* key, const std::string& text) {
    if (!text.empty()) add(key, config::make_value(text));
  };
  add("define", config::make_value(true));
  add_text("source", definition.source);
  add_text("target", definition.target);
  add_text("references", definition.references);
  add_text("id", definition.id);
  if (!definition.labels.empty()) {
    config::Value labels{config::Value::Table{}, {}};
    for (const datasets::LabelText& label : definition.labels)
      labels.table().push_back({label.in_file, config::make_value(label.text)});
    add("labels", labels);
  }
  add("metrics", config::make_value(definition.metrics));
  add("selection_metrics", config::make_value(definition.selection_metrics));
  // Beside the task's settings: a section stands once in a file.
  const auto last = std::find_if(values.rbegin(), values.rend(), [&](const ValueOrigin& value) {
    return value.key.starts_with(section + ".");
  });
  values.insert(last == values.rend() ? values.end() : last.base(), defined.begin(), defined.end());
}

std::string config_text(const std::vector<ValueOrigin>& values) {
  std::string text;
  std::string section;
  for (const ValueOrigin& value : values) {
    const std::size_t quote = value.key.find(".\"");
    const std::size_t dot = quote != std::string::npos ? quote : value.key.rfind('.');
    const std::string name = value.key.substr(0, dot);
    if (name != section) {
      section = name;
      text += (text.empty() ? "[" : "\n[") + section + "]\n";
    }
    text += value.key.substr(dot + 1) + " = " + value.value + "\n";
  }
  return text;
}

}  // namespace attempt::sweep
