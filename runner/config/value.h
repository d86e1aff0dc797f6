#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "runner/config/config_error.h"

namespace attempt::config {

struct Entry;

/// A TOML value that knows where it was written. Tables keep the order of the file.
struct Value {
  using Array = std::vector<Value>;
  using Table = std::vector<Entry>;

  std::variant<bool, std::int64_t, double, std::string, Array, Table> data;  ///< false
  Position at;

  bool is_boolean() const { return std::holds_alternative<bool>(data); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(data); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(data); }
  bool is_text() const { return std::holds_alternative<std::string>(data); }
  bool is_array() const { return std::holds_alternative<Array>(data); }
  bool is_table() const { return std::holds_alternative<Table>(data); }

  bool boolean() const { return std::get<bool>(data); }
  std::int64_t integer() const { return std::get<std::int64_t>(data); }
  double number() const;  ///< of an integer or a floating-point number
  const std::string& text() const { return std::get<std::string>(data); }
  const Array& array() const { return std::get<Array>(data); }
  const Table& table() const { return std::get<Table>(data); }
  Table& table() { return std::get<Table>(data); }

  /// Member of a table by name; nullptr when absent or when this is no table.
  const Value* find(const std::string& key) const;
  Value* find(const std::string& key);
  /// Member of a table, added empty where it is absent.
  Value& member(const std::string& key);

  /// "a string", "an integer", ...
  std::string type_name() const;
};

struct Entry {
  std::string key;
  Value value;
};

/// Shortest text that reads back as the same number; always with '.', 'e', "inf" or "nan".
std::string number_text(double number);

/// A value on one line of TOML (tables as inline tables).
std::string to_toml(const Value& value);

/// A key as TOML wants it, quoted where it has to be.
std::string key_text(const std::string& key);

/// A document with [sections]; reads back as the same tables.
std::string document_toml(const Value& document);

/// Equal but for positions; an integer equals a floating-point number of the same value.
bool same_value(const Value& a, const Value& b);

Value make_value(bool value);
Value make_value(std::int64_t value);
Value make_value(double value);
Value make_value(const std::string& value);
Value make_value(const char* value);
Value make_value(const std::vector<std::string>& values);

}  // namespace attempt::config
