#include "runner/sweep/speeds.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "results/digest.h"
#include "results/publish.h"

namespace attempt::sweep {

namespace fs = std::filesystem;

namespace {

using nlohmann::json;

constexpr int kVersion = 1;

bool is_sound(const Speed& speed) {
  return std::isfinite(speed.slowness) && speed.slowness > 0 && speed.setup_seconds >= 0 &&
         speed.step_seconds >= 0 && speed.row_seconds >= 0 && speed.memory_bytes >= 0 &&
         std::isfinite(speed.spread) && speed.spread >= 0;
}

json to_json(const Speed& speed) {
  return {{"device", speed.device},
          {"setup_seconds", speed.setup_seconds},
          {"step_seconds", speed.step_seconds},
          {"row_seconds", speed.row_seconds},
          {"memory_bytes", speed.memory_bytes},
          {"slowness", speed.slowness},
          {"spread", speed.spread}};
}

/// Entries by kind; no object where the file is no table of this version.
json kinds_of(const fs::path& file) {
  if (!fs::is_regular_file(file)) return {};  // a folder can be opened too
  std::ifstream in(file);
  const json document = json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || document.value("version", json()) != json(kVersion)) return {};
  return document.value("kinds", json());
}

void make_folder_of(const fs::path& file) {
  fs::create_directories(fs::absolute(file).parent_path());
}

}  // namespace

bool SpeedTable::is_in(const fs::path& file) { return kinds_of(file).is_object(); }

SpeedTable SpeedTable::read(const fs::path& file) {
  SpeedTable table;
  const json kinds = kinds_of(file);
  for (const auto& [kind, entry] : kinds.items()) {
    try {
      const Speed speed{entry.at("device"),       entry.at("setup_seconds"),
                        entry.at("step_seconds"), entry.at("row_seconds"),
                        entry.at("memory_bytes"), entry.at("slowness"),
                        entry.at("spread")};
      if (is_sound(speed)) table.put(kind, speed);
    } catch (const json::exception&) {
      continue;  // of another program: measured anew when it is needed
    }
  }
  return table;
}

std::optional<Speed> SpeedTable::find(const std::string& kind) const {
  const auto found = speeds_.find(kind);
  return found == speeds_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> SpeedTable::slowness() const {
  if (speeds_.empty()) return std::nullopt;
  std::vector<double> values;
  for (const auto& [kind, speed] : speeds_) values.push_back(speed.slowness);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void SpeedTable::try_to_add_to(const fs::path& file) {
  make_folder_of(file);
  fs::path beside = file;
  beside += ".try";
  if (results::create_file(beside, "")) fs::remove(beside);
}

void SpeedTable::add_to(const fs::path& file) const {
  if (speeds_.empty()) return;
  SpeedTable all = read(file);
  for (const auto& [kind, speed] : speeds_) all.put(kind, speed);
  json kinds = json::object();
  for (const auto& [kind, speed] : all.speeds_) kinds[kind] = to_json(speed);
  make_folder_of(file);
  results::replace_file(file, json{{"version", kVersion}, {"kinds", kinds}}.dump(1) + "\n");
}

fs::path speed_file() { return results::user_cache_folder() / "speeds.json"; }

}  // namespace attempt::sweep
