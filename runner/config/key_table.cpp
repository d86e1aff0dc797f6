#include "runner/config/key_table.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "model/shapes/method_shapes.h"
#include "runner/config/key_groups.h"
#include "runner/config/value.h"

namespace attempt::config {
namespace {

/// Keys of a section one after another, sections as they first appear.
std::vector<Key> grouped(const std::vector<Key>& keys) {
  std::vector<Key> groups;
  for (const Key& key : keys) {
    const auto last = std::find_if(groups.rbegin(), groups.rend(),
                                   [&](const Key& other) { return other.section == key.section; });
    groups.insert(last == groups.rend() ? groups.end() : last.base(), key);
  }
  return groups;
}

std::vector<Key> build_table() {
  std::vector<Key> table;
  for (auto* part : {&study_keys, &search_keys, &train_keys, &method_keys, &task_keys}) {
    std::vector<Key> keys = part();
    table.insert(table.end(), keys.begin(), keys.end());
  }
  table.push_back({.section = "variant",
                   .name = "base",
                   .default_note = "must be given",
                   .may_be_axis = false,
                   .help = "method that the variant configures"});
  table.push_back({.section = "variant",
                   .name = "label",
                   .default_note = "the variant's name",
                   .in_trial_id = false,
                   .may_be_axis = false,
                   .help = "row label in tables"});
  return grouped(table);
}

std::string markdown(std::string text) {
  for (std::size_t i = 0; (i = text.find('|', i)) != std::string::npos; i += 2) {
    text.insert(i, "\\");
  }
  return text;
}

/// "method.lora" of "method.lora_m": the section whose keys a section repeats; else itself.
std::string base_section(const std::string& section) {
  constexpr std::string_view kMethod = "method.";
  if (!section.starts_with(kMethod)) return section;
  return std::string(kMethod) + model::single_task_form(section.substr(kMethod.size()));
}

}  // namespace

const std::vector<Key>& key_table() {
  static const std::vector<Key> kTable = build_table();
  return kTable;
}

std::vector<const Key*> keys_of(const std::string& section) {
  std::vector<const Key*> keys;
  for (const Key& key : key_table()) {
    if (key.section == section) {
      keys.push_back(&key);
    }
  }
  return keys;
}

const Key* find_key(const std::string& section, const std::string& name) {
  for (const Key& key : key_table()) {
    if (key.section == section && key.name == name) {
      return &key;
    }
  }
  return nullptr;
}

const std::vector<std::string>& special_sections() {
  static const std::vector<std::string> kSections = {"grid", "zip", "override", "set"};
  return kSections;
}

std::string accepted_values(const Key& key) {
  std::string text;
  switch (key.kind) {
    case Kind::kBoolean:
      text = "true or false";
      break;
    case Kind::kInteger:
    case Kind::kNumber: {
      text = key.kind == Kind::kInteger ? "an integer" : "a number";
      const auto bound = [](double value) {
        std::string number = number_text(value);
        return number.ends_with(".0") ? number.substr(0, number.size() - 2) : number;
      };
      if (key.minimum > -std::numeric_limits<double>::infinity()) {
        text += (key.above_minimum ? " > " : " >= ") + bound(key.minimum);
      }
      if (key.maximum < 1) {
        text += " and <= " + bound(key.maximum);
      }
      break;
    }
    case Kind::kText:
      text = "a string";
      break;
    case Kind::kPath:
      text = "a path";
      break;
    case Kind::kWord:
      break;
    case Kind::kNames:
      text = "an array of names";
      break;
    case Kind::kNamesOrChange:
      text = "an array of names, or { add = [...], remove = [...] }";
      break;
    case Kind::kIntegers:
      text = "an array of integers >= 0, or { count = n }";
      break;
    case Kind::kIndices:
    case Kind::kCounts:
      text = "an array of integers >= " + std::to_string(static_cast<std::int64_t>(key.minimum));
      break;
    case Kind::kTable:
      text = "a table of strings";
      break;
    case Kind::kNamesOrTable:
      text = "an array of names, or a table of strings";
      break;
    case Kind::kSection:
      text = "a section";
      break;
    case Kind::kTables:
      text = "an array of tables";
      break;
  }
  for (std::size_t i = 0; i < key.words.size(); ++i) {
    const bool last = i + 1 == key.words.size();
    text += text.empty() ? "" : last ? " or " : ", ";
    text += "\"" + key.words[i] + "\"";
  }
  return text;
}

std::string key_reference() {
  std::string text;
  std::string section;
  bool has_table = false;
  for (const Key& key : key_table()) {
    const std::string base = base_section(key.section);
    if (key.section != section) {
      section = key.section;
      has_table = false;
      const bool named = section == "variant" || section == "task";
      text += (text.empty() ? "### `[" : "\n### `[") + section + (named ? ".NAME" : "") + "]`\n";
      if (base != section) {
        text += "\nThe keys of `[" + base + "]`; its defaults where none is named here.\n";
      }
    }
    const Key* same = base == section ? nullptr : find_key(base, key.name);
    if (same != nullptr && same->default_value == key.default_value) continue;
    if (!has_table) {
      text += "\n| key | values | unit | default | meaning |\n|---|---|---|---|---|\n";
      has_table = true;
    }
    const std::string fallback =
        key.default_value.empty() ? key.default_note : "`" + key.default_value + "`";
    text += "| `" + key.name + "` | " + markdown(accepted_values(key)) + " | " + key.unit + " | " +
            markdown(fallback) + " | " + markdown(key.help) +
            (key.in_trial_id ? "" : " (not part of a trial's id)") + " |\n";
  }
  return text;
}

}  // namespace attempt::config
