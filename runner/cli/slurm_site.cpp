#include "runner/cli/slurm_site.h"

#include <cstdlib>
#include <map>
#include <optional>

#include "runner/cli/trainer_path.h"
#include "runner/config/toml_reader.h"

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

fs::path default_file() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  const fs::path folder =
      config != nullptr ? fs::path(config) : fs::path(home == nullptr ? "/" : home) / ".config";
  if (const fs::path users = folder / "attempt" / "slurm.toml"; fs::exists(users)) return users;
  // build/PRESET/bin/attempt
  const fs::path project = own_executable().parent_path().parent_path().parent_path().parent_path();
  return project / "slurm" / "site.toml";
}

std::optional<std::vector<std::string>> texts_of(const config::Value& value) {
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const config::Value& each : value.array()) {
    if (!each.is_text()) return std::nullopt;
    texts.push_back(each.text());
  }
  return texts;
}

}  // namespace

SlurmSite read_slurm_site(const fs::path& file) {
  SlurmSite site;
  const fs::path path = file.empty() ? default_file() : file;
  if (file.empty() && !fs::exists(path)) return site;
  const std::map<std::string, std::string*> texts = {{"partition", &site.partition},
                                                     {"account", &site.account},
                                                     {"qos", &site.qos},
                                                     {"constraint", &site.constraint},
                                                     {"gpu_option", &site.gpu_option},
                                                     {"launcher", &site.launcher},
                                                     {"stage", &site.stage}};
  const std::map<std::string, std::vector<std::string>*> lists = {{"setup", &site.setup},
                                                                  {"options", &site.options}};
  config::Problems problems;
  const config::Value file_value = config::read_toml(path);
  for (const config::Entry& entry : file_value.table()) {
    const auto text = texts.find(entry.key);
    const auto list = lists.find(entry.key);
    if (text == texts.end() && list == lists.end()) {
      problems.add(entry.value.at, entry.key,
                   "unknown key '" + entry.key + "'. slurm/site.toml has the known ones");
    } else if (text != texts.end()) {
      if (entry.value.is_text()) {
        *text->second = entry.value.text();
      } else {
        problems.add(entry.value.at, entry.key, "'" + entry.key + "' must be a string");
      }
    } else if (const auto words = texts_of(entry.value)) {
      *list->second = *words;
    } else {
      problems.add(entry.value.at, entry.key, "'" + entry.key + "' must be an array of strings");
    }
  }
  problems.raise();
  return site;
}

}  // namespace attempt::cli
