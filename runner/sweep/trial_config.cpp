#include "runner/sweep/trial_config.h"

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
