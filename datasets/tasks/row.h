#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/bad_row.h"

namespace attempt::datasets {

/// What a reader says about a row besides its examples.
struct RowNotes {
  bool has_empty_text = false;
  bool is_skipped = false;   ///< left out by a rule of the task, e.g. yes/no questions of HotpotQA
  std::vector<BadRow> kept;  ///< faults in spite of which the row is used
};

/// Typed access to the fields of a row or of an object within it; complaints are BadRow with the
/// field's name or path ("passage.questions[3].label"). Where a field has several names (official
/// file, Hugging Face export), the first present one counts.
class Row {
 public:
  Row(const nlohmann::json& fields, RowNotes& notes, std::string path = "")
      : fields_(fields), notes_(&notes), path_(std::move(path)) {}

  bool has(const char* name) const { return fields_.contains(name); }
  const nlohmann::json& at(const char* name) const;
  std::string text(std::initializer_list<const char*> names) const;
  /// A list of texts.
  std::vector<std::string> texts(const char* name) const;
  std::int64_t integer(const char* name) const;

  Row child(const char* name) const;                  ///< an object
  std::vector<Row> children(const char* name) const;  ///< a list of objects

  /// Index of the class: an integer, a boolean, a digit string or a class name, all through one
  /// list. Nothing for an unlabelled row: -1, empty, or no such field.
  std::optional<std::size_t> class_index(std::initializer_list<const char*> names,
                                         const std::vector<std::string>& classes) const;

  /// A number written as number or text; nothing for an unlabelled row. @throws BadRow bad_number
  std::optional<double> number(std::initializer_list<const char*> names) const;

  /// The official id as text, or "".
  std::string id(std::initializer_list<const char*> names) const;

  RowNotes& notes() const { return *notes_; }

  /// A complaint about a field of this row.
  BadRow complaint(const std::string& field, BadRowReason reason, std::string got) const;

 private:
  const nlohmann::json* find(std::initializer_list<const char*> names) const;
  const nlohmann::json& require(std::initializer_list<const char*> names) const;

  const nlohmann::json& fields_;
  RowNotes* notes_;
  std::string path_;
};

}  // namespace attempt::datasets
