#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/task_data.h"

namespace attempt::datasets {

/// One row of any format: its fields by name (TSV fields are strings) and where it stands.
struct Record {
  nlohmann::json fields;
  std::int64_t line = 0;  ///< 1-based physical line
  std::int64_t row = 0;   ///< 0-based row of the file, bad rows counted
};

/// Called for each row; may throw BadRow, which counts the row as bad.
using RecordHandler = std::function<void(const Record& record)>;

struct RecordFormat {
  /// Column names of a TSV file without a header line; empty: the first line names the columns.
  std::vector<std::string> columns_without_header;
  std::vector<std::string> needed_columns;  ///< of a TSV header; each entry "a|b" means either
  /// Turns a whole JSON document into rows (SQuAD); absent: such files are refused.
  std::function<std::vector<nlohmann::json>(const nlohmann::json& document)> rows_of_document;
};

/// Reads a TSV, JSON-lines or JSON file, gzip-compressed or not, told apart by content, row by row;
/// tasks.md section 3. Bad rows go to the report.
/// @throws DataError when the file or a needed column is missing, or more than `max_bad_rows` rows
/// are bad.
FileReport read_records(const std::filesystem::path& path, const RecordFormat& format,
                        std::int64_t max_bad_rows, const RecordHandler& handle);

}  // namespace attempt::datasets
