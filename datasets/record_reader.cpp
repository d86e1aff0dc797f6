#include "datasets/record_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/bad_row.h"
#include "datasets/csv_reader.h"
#include "datasets/data_error.h"
#include "datasets/line_reader.h"
#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

constexpr std::int64_t kShownMessages = 20;

/// Feeds rows to the handler and keeps the counts.
class Feeder {
 public:
  Feeder(std::string file, std::int64_t max_bad_rows, const RecordHandler& handle)
      : max_bad_rows_(max_bad_rows), handle_(handle) {
    report_.file = std::move(file);
  }

  /// @param path  where the row lies in a document; "" for rows that are lines
  template <typename MakeFields>
  void feed(std::int64_t line, const MakeFields& make_fields, const std::string& path = "") {
    const std::int64_t row = report_.rows++;
    try {
      handle_({make_fields(), line, row});
      ++report_.used;
    } catch (const BadRow& bad) {
      const BadRow placed(path.empty() ? bad.field : path + "." + bad.field, bad.reason, bad.got);
      note(bad_row_message(report_.file, line, placed));
    }
  }

  FileReport finish() {
    if (report_.bad > kShownMessages) {
      report_.messages.push_back(
          fmt::format("{}: {} more bad rows", report_.file, report_.bad - kShownMessages));
    }
    return std::move(report_);
  }

 private:
  void note(const std::string& message) {
    ++report_.bad;
    if (report_.bad <= kShownMessages) report_.messages.push_back(message);
    if (report_.bad > max_bad_rows_) {
      throw DataError(
          report_.file,
          fmt::format("more than {} bad rows, the last: {}. Is it the right file? Otherwise raise "
                      "max_bad_rows",
                      max_bad_rows_, message));
    }
  }

  FileReport report_;
  std::int64_t max_bad_rows_;
  const RecordHandler& handle_;
};

/// Nesting above this is no data set (and would overflow the stack of whoever walks it).
constexpr int kDeepestNesting = 100;

void check_text(const std::string& text) {
  if (text.find('\0') != std::string::npos || !is_valid_utf8(text)) {
    throw BadRow("", BadRowReason::kBadUtf8, text);
  }
}

std::vector<std::string> split_tabs(const std::string& line) {
  std::vector<std::string> fields;
  std::size_t begin = 0;
  for (std::size_t tab = line.find('\t'); tab != std::string::npos; tab = line.find('\t', begin)) {
    fields.push_back(line.substr(begin, tab - begin));
    begin = tab + 1;
  }
  fields.push_back(line.substr(begin));
  return fields;
}

/// The columns of a table whose first line has the fields `first`; empty where `first` is data
/// already. @throws DataError when needed columns are missing.
std::vector<std::string> header_columns(const std::string& file, const RecordFormat& format,
                                        const std::vector<std::string>& first) {
  if (!std::all_of(first.begin(), first.end(), is_valid_utf8))
    throw DataError(file, "begins with bytes that are not UTF-8 (not a text file?)");
  std::vector<std::string> missing;
  for (const std::string& needed : format.needed_columns) {
    if (std::find(first.begin(), first.end(), needed) == first.end()) missing.push_back(needed);
  }
  if (missing.empty()) return first;
  const bool lacks_label_only = format.needed_columns.size() > 1 && missing.size() == 1 &&
                                missing.front() == format.needed_columns.back();
  if (lacks_label_only) {
    throw DataError(file, fmt::format("has no column '{}' (official test files have no labels, and "
                                      "nothing can be trained or scored without). Name a labelled "
                                      "file",
                                      missing.front()));
  }
  if (!format.columns_without_header.empty()) return {};
  throw DataError(file, fmt::format("has no column '{}' (its first line names the columns). Is it "
                                    "the official file?",
                                    missing.front()));
}

void read_table(LineReader& lines, std::string line, const RecordFormat& format, Feeder& feeder,
                const std::string& file) {
  std::vector<std::string> columns;
  std::vector<std::string> fields;
  const bool has_tab = line.find('\t') != std::string::npos;
  const bool is_csv =
      format.table == TableKind::kCsv || (format.table == TableKind::kByHeader && !has_tab);
  do {
    const std::int64_t at = lines.line_number();
    bool is_closed = true;
    if (is_csv) {
      is_closed = split_csv_record(lines, line, file, fields);
    } else {
      fields = split_tabs(line);
    }
    if (columns.empty()) {
      columns = header_columns(file, format, fields);
      if (!columns.empty()) continue;
      columns = format.columns_without_header;
    }
    feeder.feed(at, [&] {
      if (!is_closed) throw BadRow("open quote", BadRowReason::kFieldCount, line);
      if (fields.size() != columns.size()) {
        throw BadRow(fmt::format("{} fields instead of {}", fields.size(), columns.size()),
                     BadRowReason::kFieldCount, line);
      }
      nlohmann::json object = nlohmann::json::object();
      for (std::size_t i = 0; i < columns.size(); ++i) {
        check_text(fields[i]);
        object[columns[i]] = std::move(fields[i]);
      }
      return object;
    });
  } while (lines.next(line));
}

bool is_nested_too_deeply(const std::string& text) {
  int depth = 0;
  bool is_inside_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_inside_string) {
      if (c == '\\') ++i;
      is_inside_string = c != '"';
    } else if (c == '"') {
      is_inside_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepestNesting) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

/// "Discarded" where the text is not JSON.
nlohmann::json parse_or_discard(const std::string& text) {
  if (is_nested_too_deeply(text)) return nlohmann::json(nlohmann::json::value_t::discarded);
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

nlohmann::json parse_object(const std::string& line) {
  check_text(line);
  if (is_nested_too_deeply(line)) throw BadRow("nesting", BadRowReason::kBadJson, line);
  try {
    nlohmann::json object = nlohmann::json::parse(line);
    if (!object.is_object()) throw BadRow("", BadRowReason::kBadJson, line);
    return object;
  } catch (const nlohmann::json::parse_error& error) {
    throw BadRow(fmt::format("byte {}", error.byte), BadRowReason::kBadJson, line);
  } catch (const nlohmann::json::out_of_range&) {  // a number such as 1e999
    throw BadRow("", BadRowReason::kBadNumber, line);
  }
}

void read_json_lines(LineReader& lines, std::string line, Feeder& feeder) {
  do {
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    feeder.feed(lines.line_number(), [&] { return parse_object(line); });
  } while (lines.next(line));
}

/// The rest of a file as one JSON document: a list of objects, or what the format takes apart.
void read_document(LineReader& lines, std::string text, const RecordFormat& format, Feeder& feeder,
                   const std::string& file) {
  std::string line;
  while (lines.next(line)) text += "\n" + line;
  const nlohmann::json document = parse_or_discard(text);
  const bool is_known =
      document.is_array() || (document.is_object() && format.rows_of_document != nullptr);
  if (!is_known) {
    throw DataError(file,
                    "is neither a JSON document nor JSON lines of this task (damaged or "
                    "truncated?). Download it again");
  }
  if (document.is_object()) {
    for (const DocumentRow& row : format.rows_of_document(document))
      feeder.feed(
          1, [&] { return row.fields; }, row.path);
    return;
  }
  for (std::size_t i = 0; i < document.size(); ++i) {
    feeder.feed(
        1,
        [&] {
          if (!document[i].is_object()) throw BadRow("", BadRowReason::kWrongType, "");
          return document[i];
        },
        fmt::format("[{}]", i));
  }
}

/// {"data": [...]}: a document on one line.
bool holds_rows(const nlohmann::json& head) {
  return head.is_object() && head.contains("data") && head["data"].is_array();
}

}  // namespace

FileReport read_records(const std::filesystem::path& path, const RecordFormat& format,
                        std::int64_t max_bad_rows, const RecordHandler& handle) {
  const std::string file = path.string();
  LineReader lines(path);
  Feeder feeder(file, max_bad_rows, handle);
  std::string line;
  bool has_line = lines.next(line);
  while (has_line && line.find_first_not_of(" \t") == std::string::npos)
    has_line = lines.next(line);
  if (!has_line) throw DataError(file, "is empty");
  const char first = line[line.find_first_not_of(" \t")];
  if (first != '{' && first != '[') {
    read_table(lines, line, format, feeder, file);
    return feeder.finish();
  }
  const nlohmann::json head = parse_or_discard(line);
  // A document is a list, spans several lines, or is one line that the task takes apart.
  const bool is_document = first == '[' || line.find_first_not_of(" \t{") == std::string::npos ||
                           (format.rows_of_document && (head.is_discarded() || holds_rows(head)));
  if (is_document) {
    read_document(lines, line, format, feeder, file);
    return feeder.finish();
  }
  const bool has_header = format.is_header && head.is_object() && format.is_header(head, file);
  if (!has_header || lines.next(line)) read_json_lines(lines, line, feeder);
  return feeder.finish();
}

}  // namespace attempt::datasets
