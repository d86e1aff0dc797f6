#include "runner/config/toml_reader.h"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace attempt::config {
namespace {

Position position_of(const toml::source_region& source, const std::string& file) {
  return {file, static_cast<int>(source.begin.line), static_cast<int>(source.begin.column)};
}

Value convert(const toml::node& node, const std::string& file);

Value::Table convert_table(const toml::table& table, const std::string& file) {
  Value::Table entries;
  for (const auto& [key, node] : table) {
    Value value = convert(node, file);
    if (!node.is_table() && !node.is_array_of_tables()) {
      value.at = position_of(key.source(), file);
    }
    entries.push_back({std::string(key.str()), std::move(value)});
  }
  // toml++ sorts by name; the order of the file is the order of trials.
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.value.at.line, a.value.at.column) <
           std::pair(b.value.at.line, b.value.at.column);
  });
  return entries;
}

Value convert(const toml::node& node, const std::string& file) {
  Value value;
  value.at = position_of(node.source(), file);
  if (const auto* table = node.as_table()) {
    value.data = convert_table(*table, file);
  } else if (const auto* array = node.as_array()) {
    Value::Array items;
    for (const toml::node& item : *array) {
      items.push_back(convert(item, file));
    }
    value.data = std::move(items);
  } else if (const auto* text = node.as_string()) {
    value.data = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.data = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    value.data = number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.data = boolean->get();
  } else {
    throw ConfigError(
        {{value.at, "", "a date or time (no setting is one). Write text in quotes, or remove it"}});
  }
  return value;
}

}  // namespace

Value parse_toml(std::string_view text, const std::string& file) {
  try {
    const toml::table document = toml::parse(text, std::string_view(file));
    return {convert_table(document, file), {file, 1, 1}};
  } catch (const toml::parse_error& error) {
    throw ConfigError({{position_of(error.source(), file), "",
                        std::string(error.description()) +
                            " (this is not TOML). Correct the syntax; texts stand in double "
                            "quotes, see https://toml.io"}});
  }
}

Value read_toml(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (std::filesystem::is_directory(file)) {
    throw ConfigError({{{file.string(), 0, 0}, "", "is a folder. Name the study's TOML file"}});
  }
  if (!in) {
    throw ConfigError({{{file.string(), 0, 0},
                        "",
                        "cannot be read (no such file, or no permission). Name the study's TOML "
                        "file"}});
  }
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return parse_toml(text, file.string());
}

Value parse_option_value(std::string_view text, const std::string& option) {
  try {
    const toml::table document = toml::parse("value = " + std::string(text));
    if (document.size() == 1 && document.contains("value")) {
      Value value = convert(*document.get("value"), option);
      value.at = {option, 0, 0};
      return value;
    }
  } catch (const toml::parse_error& error) {
    if (!text.empty() && std::string_view("[{\"'").find(text.front()) != std::string_view::npos) {
      throw ConfigError({{{option, 0, 0},
                          "",
                          std::string(error.description()) +
                              " (the value is read as TOML). Correct it; quote it for the shell"}});
    }
  }
  return {std::string(text), {option, 0, 0}};
}

std::vector<std::string> split_key(std::string_view dotted) {
  std::vector<std::string> parts;
  std::string part;
  bool was_quoted = false;
  for (std::size_t i = 0; i <= dotted.size(); ++i) {
    if (i == dotted.size() || dotted[i] == '.') {
      if (part.empty() && !was_quoted) {
        throw std::invalid_argument("a part of the key '" + std::string(dotted) + "' is empty");
      }
      parts.push_back(std::move(part));
      part.clear();
      was_quoted = false;
    } else if (dotted[i] == '"') {
      const std::size_t end = dotted.find('"', i + 1);
      if (end == std::string_view::npos) {
        throw std::invalid_argument("the key '" + std::string(dotted) + "' has an open quote");
      }
      part += dotted.substr(i + 1, end - i - 1);
      was_quoted = true;
      i = end;
    } else {
      part += dotted[i];
    }
  }
  return parts;
}

}  // namespace attempt::config
