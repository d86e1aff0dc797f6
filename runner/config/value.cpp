#include "runner/config/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace attempt::config {
namespace {

std::string quoted(const std::string& text) {
  static const char* const kHex = "0123456789ABCDEF";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      result += "\\u00";
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    } else {
      result += c;
    }
  }
  return result + "\"";
}

bool is_array_of_tables(const Value& value) {
  return value.is_array() && !value.array().empty() &&
         std::all_of(value.array().begin(), value.array().end(),
                     [](const Value& item) { return item.is_table(); });
}

/// Tables with only plain members below a section are written inline where a section cannot hold
/// them; sections get a header.
void write_section(const Value& table, const std::string& name, std::string& out) {
  std::string body;
  for (const auto& [key, value] : table.table()) {
    if (!value.is_table() && !is_array_of_tables(value)) {
      body += key_text(key) + " = " + to_toml(value) + "\n";
    }
  }
  const bool only_sections = body.empty() && !table.table().empty();
  if (!name.empty() && !only_sections) {
    out += (out.empty() ? "[" : "\n[") + name + "]\n";
  }
  out += body;
  for (const auto& [key, value] : table.table()) {
    const std::string path = name.empty() ? key_text(key) : name + "." + key_text(key);
    if (value.is_table()) {
      write_section(value, path, out);
    } else if (is_array_of_tables(value)) {
      for (const Value& item : value.array()) {
        out += (out.empty() ? "[[" : "\n[[") + path + "]]\n";
        for (const auto& [member, member_value] : item.table()) {
          out += key_text(member) + " = " + to_toml(member_value) + "\n";
        }
      }
    }
  }
}

}  // namespace

double Value::number() const {
  return is_integer() ? static_cast<double>(integer()) : std::get<double>(data);
}

const Value* Value::find(const std::string& key) const {
  if (!is_table()) {
    return nullptr;
  }
  for (const Entry& entry : table()) {
    if (entry.key == key) {
      return &entry.value;
    }
  }
  return nullptr;
}

Value* Value::find(const std::string& key) {
  return const_cast<Value*>(static_cast<const Value&>(*this).find(key));
}

Value& Value::member(const std::string& key) {
  if (Value* found = find(key)) {
    return *found;
  }
  return table().emplace_back(Entry{key, {}}).value;
}

std::string Value::type_name() const {
  static const char* const kNames[] = {"true or false", "an integer", "a number",
                                       "a string",      "an array",   "a table"};
  return kNames[data.index()];
}

std::string number_text(double number) {
  if (std::isnan(number)) {
    return "nan";
  }
  if (std::isinf(number)) {
    return number > 0 ? "inf" : "-inf";
  }
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  std::string text(buffer, end);
  if (text.find_first_of(".e") == std::string::npos) {
    text += ".0";
  }
  return text;
}

std::string key_text(const std::string& key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return bare ? key : quoted(key);
}

std::string to_toml(const Value& value) {
  if (value.is_boolean()) {
    return value.boolean() ? "true" : "false";
  }
  if (value.is_integer()) {
    return std::to_string(value.integer());
  }
  if (value.is_number()) {
    return number_text(value.number());
  }
  if (value.is_text()) {
    return quoted(value.text());
  }
  std::string items;
  if (value.is_array()) {
    for (const Value& item : value.array()) {
      items += (items.empty() ? "" : ", ") + to_toml(item);
    }
    return "[" + items + "]";
  }
  for (const auto& [key, member] : value.table()) {
    items += (items.empty() ? "" : ", ") + key_text(key) + " = " + to_toml(member);
  }
  return items.empty() ? "{}" : "{ " + items + " }";
}

std::string document_toml(const Value& document) {
  std::string out;
  write_section(document, "", out);
  return out;
}

bool same_value(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    return a.number() == b.number();
  }
  return a.data.index() == b.data.index() && to_toml(a) == to_toml(b);
}

Value make_value(bool value) { return {value, {}}; }
Value make_value(std::int64_t value) { return {value, {}}; }
Value make_value(double value) { return {value, {}}; }
Value make_value(const std::string& value) { return {value, {}}; }
Value make_value(const char* value) { return {std::string(value), {}}; }

Value make_value(const std::vector<std::string>& values) {
  Value::Array items;
  for (const std::string& value : values) {
    items.push_back(make_value(value));
  }
  return {std::move(items), {}};
}

}  // namespace attempt::config
