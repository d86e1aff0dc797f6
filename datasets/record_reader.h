#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/task_data.h"

namespace attempt::datasets {

/// One row of any format: its fields by name (those of tables are strings) and where it stands.
struct Record {
  nlohmann::json fields;
  std::int64_t line = 0;  ///< 1-based physical line
  std::int64_t row = 0;   ///< 0-based row of the file, bad rows counted
};

/// Called for each row; may throw BadRow, which counts the row as bad.
using RecordHandler = std::function<void(const Record& record)>;

/// A row of a JSON document and where it lies in it ("data[0].paragraphs[2].qas[1]").
struct DocumentRow {
  nlohmann::json fields;
  std::string path;
};

/// Tables: TSV without quotes, or CSV with them.
enum class TableKind {
  kTsv,
  kCsv,
  kByHeader  ///< TSV where the first line holds a tab, else CSV
};

struct RecordFormat {
  /// Columns of a table's header line, the label last. A table whose first line does not name them
  /// has the columns of `columns_without_header`; where that is empty, it is refused.
  std::vector<std::string> needed_columns;
  std::vector<std::string> columns_without_header;
  TableKind table = TableKind::kTsv;
  /// Rows of a JSON document {"data": ...} (SQuAD); absent: files are lists or lines of objects.
  std::function<std::vector<DocumentRow>(const nlohmann::json& document)> rows_of_document;
  /// Whether the first object of JSON lines is a header that is no row.
  /// @throws DataError (path, reason) when it belongs to another data set.
  std::function<bool(const nlohmann::json& first, const std::string& file)> is_header;
};

/// Reads a TSV, CSV, JSON-lines or JSON file, gzip-compressed or not, told apart by content, row by
/// row; tasks.md section 3. Bad rows go to the report.
/// @throws DataError when the file or a needed column is missing, or more than `max_bad_rows` rows
/// are bad.
FileReport read_records(const std::filesystem::path& path, const RecordFormat& format,
                        std::int64_t max_bad_rows, const RecordHandler& handle);

}  // namespace attempt::datasets
