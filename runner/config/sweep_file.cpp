#include "runner/config/sweep_file.h"

#include <algorithm>
#include <string_view>

#include "runner/config/sweep_reader.h"
#include "runner/config/toml_reader.h"

namespace attempt::config {
namespace {

constexpr std::string_view kSearchSpace = "search.space.";

/// The names of [variant.X] with their bases and of tasks that are defined, as far as they are
/// written as such.
KnownNames names_in(const Value& document) {
  KnownNames known;
  if (const Value* variants = document.find("variant"); variants && variants->is_table()) {
    for (const auto& [name, variant] : variants->table()) {
      const Value* base = variant.find("base");
      known.variants.emplace_back(name, base && base->is_text() ? base->text() : "");
    }
  }
  if (const Value* tasks = document.find("task"); tasks && tasks->is_table()) {
    for (const auto& [name, task] : tasks->table()) {
      const Value* define = task.find("define");
      if (define && define->is_boolean() && define->boolean()) known.own_tasks.push_back(name);
    }
  }
  return known;
}

void place(Value& document, const std::vector<std::string>& parts, const Value& value) {
  Value* at = &document;
  for (const std::string& part : parts) {
    if (!at->is_table()) {
      at->data = Value::Table{};
    }
    Value& member = at->member(part);
    if (member.at.file.empty()) {
      member.at = value.at;
      member.data = Value::Table{};
    }
    at = &member;
  }
  *at = value;
}

}  // namespace

std::vector<Leaf> leaves_of(Value& table, Problems& problems) {
  std::vector<Leaf> leaves;
  for (auto& [key, value] : table.table()) {
    std::vector<std::string> parts;
    try {
      parts = split_key(key);
    } catch (const std::invalid_argument& error) {
      problems.add(value.at, key,
                   std::string(error.what()) +
                       " (keys are names with dots). "
                       "Correct it");
      continue;
    }
    const auto has = [&](const char* member) { return value.find(member) != nullptr; };
    // Seeds, sources, dimensions of a search.
    const bool is_one_value =
        has("count") || has("add") || has("remove") || has("low") || has("choices");
    if (!value.is_table() || is_one_value) {
      leaves.push_back({parts, key, &value});
      continue;
    }
    for (Leaf& leaf : leaves_of(value, problems)) {
      leaf.parts.insert(leaf.parts.begin(), parts.begin(), parts.end());
      leaf.dotted = key + "." + leaf.dotted;
      leaves.push_back(std::move(leaf));
    }
  }
  return leaves;
}

void merge_options(const std::vector<std::string>& options, Value& document, Problems& problems) {
  for (const std::string& option : options) {
    const Position at{"--set " + option, 0, 0};
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos) {
      problems.add(at, option, "no '=' (--set gives a key a value). Write --set section.key=value");
      continue;
    }
    std::vector<std::string> parts;
    const std::string dotted = option.substr(0, equals);
    try {
      parts = split_key(dotted);
    } catch (const std::invalid_argument& error) {
      problems.add(at, dotted,
                   std::string(error.what()) +
                       " (keys are names with dots). "
                       "Correct it");
      continue;
    }
    Value value;
    try {
      value = parse_option_value(option.substr(equals + 1), at.file);
    } catch (const ConfigError& error) {
      problems.add(at, dotted, error.problems.front().message);
      continue;
    }
    if (is_study_key(parts)) {
      if (parts[0] == "grid" || parts[0] == "zip" || parts[0] == "set") {
        parts = {parts[0], dotted.substr(dotted.find('.') + 1)};
      } else if (dotted.starts_with(kSearchSpace)) {
        parts = {"search", "space", dotted.substr(kSearchSpace.size())};
      }
      place(document, parts, value);
      continue;
    }
    std::string problem;
    if (resolve_setting(parts, names_in(document), problem).key == nullptr) {
      problems.add(at, dotted, problem);
      continue;
    }
    place(document, {"set", dotted}, value);
  }
}

SweepFile read_sweep(const std::filesystem::path& file, const std::vector<std::string>& set) {
  Value document = read_toml(file);
  Problems problems;
  merge_options(set, document, problems);
  SweepFile sweep = SweepReader(file, document, problems).read();
  problems.raise();
  sweep.effective_toml = document_toml(document);
  return sweep;
}

}  // namespace attempt::config
