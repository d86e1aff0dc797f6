#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace attempt::datasets {

/// Typed access to the fields of a row; complaints are BadRow with the field's name. Where a field
/// has several names (official file, Hugging Face export), the first present one counts.
class Row {
 public:
  explicit Row(const nlohmann::json& fields) : fields_(fields) {}

  bool has(const char* name) const { return fields_.contains(name); }
  const nlohmann::json& at(const char* name) const;
  std::string text(std::initializer_list<const char*> names) const;

  /// Index of the class: an integer, a boolean, a digit string or a class name, all through one
  /// list. Nothing for an unlabelled row: -1, empty, or no such field.
  std::optional<std::size_t> class_index(std::initializer_list<const char*> names,
                                         const std::vector<std::string>& classes) const;

  /// A number written as number or text; nothing for an unlabelled row. @throws BadRow bad_number
  std::optional<double> number(std::initializer_list<const char*> names) const;

  /// The official id as text, or "".
  std::string id(std::initializer_list<const char*> names) const;

 private:
  const nlohmann::json* find(std::initializer_list<const char*> names) const;

  const nlohmann::json& fields_;
};

}  // namespace attempt::datasets
