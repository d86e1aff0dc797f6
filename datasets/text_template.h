#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "datasets/tasks/row.h"

namespace attempt::datasets {

/// Text with places for fields of a row: "review: {text} product: {meta.product}". A name with dots
/// that is no field is a path into nested objects; "{{" and "}}" are braces.
class TextTemplate {
 public:
  /// @throws std::invalid_argument for an open brace or an empty name.
  explicit TextTemplate(std::string_view text);

  /// Names between braces, in order.
  const std::vector<std::string>& fields() const { return fields_; }
  /// The one field of which the template consists; "" when there is more to it.
  std::string only_field() const;
  /// The text between the first field and the second; "" where there is one field.
  std::string before_second_field() const { return fields_.size() < 2 ? "" : texts_[1]; }

  /// @throws BadRow for a missing field, or one that is no text.
  std::string fill(const Row& row) const;

 private:
  std::vector<std::string> texts_;  ///< before, between and after the fields; one more than those
  std::vector<std::string> fields_;
};

/// Text of a field as a template shows it: numbers and booleans as JSON writes them, a list joined
/// with spaces. @throws BadRow
std::string field_text(const Row& row, const std::string& field);

}  // namespace attempt::datasets
