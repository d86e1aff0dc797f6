#include "datasets/record_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/bad_row.h"
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

  template <typename MakeFields>
  void feed(std::int64_t line, const MakeFields& make_fields) {
    const std::int64_t row = report_.rows++;
    try {
      handle_({make_fields(), line, row});
      ++report_.used;
    } catch (const BadRow& bad) {
      note(bad_row_message(report_.file, line, bad));
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

void check_text(const std::string& line) {
  if (line.find('\0') != std::string::npos || !is_valid_utf8(line)) {
    throw BadRow("", BadRowReason::kBadUtf8, line);
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

void check_header(const std::string& file, const std::vector<std::string>& columns,
                  const RecordFormat& format) {
  for (const std::string& needed : format.needed_columns) {
    bool is_found = false;
    for (std::size_t begin = 0; begin <= needed.size() && !is_found;) {
      const std::size_t end = std::min(needed.find('|', begin), needed.size());
      is_found = std::find(columns.begin(), columns.end(), needed.substr(begin, end - begin)) !=
                 columns.end();
      begin = end + 1;
    }
    if (!is_found) {
      throw DataError(
          file, fmt::format("has no column '{}' (its header line names the columns). Is it the "
                            "official file?",
                            needed));
    }
  }
}

void read_tsv(LineReader& lines, std::string line, const RecordFormat& format, Feeder& feeder,
              const std::string& file) {
  std::vector<std::string> columns = format.columns_without_header;
  bool has_line = true;
  if (columns.empty()) {
    columns = split_tabs(line);
    check_header(file, columns, format);
    has_line = lines.next(line);
  }
  for (; has_line; has_line = lines.next(line)) {
    feeder.feed(lines.line_number(), [&] {
      check_text(line);
      std::vector<std::string> fields = split_tabs(line);
      if (fields.size() != columns.size()) {
        throw BadRow(fmt::format("{} fields instead of {}", fields.size(), columns.size()),
                     BadRowReason::kFieldCount, line);
      }
      nlohmann::json object = nlohmann::json::object();
      for (std::size_t i = 0; i < columns.size(); ++i) object[columns[i]] = std::move(fields[i]);
      return object;
    });
  }
}

nlohmann::json parse_object(const std::string& line) {
  check_text(line);
  try {
    nlohmann::json object = nlohmann::json::parse(line);
    if (!object.is_object()) throw BadRow("", BadRowReason::kBadJson, line);
    return object;
  } catch (const nlohmann::json::parse_error& error) {
    throw BadRow(fmt::format("byte {}", error.byte), BadRowReason::kBadJson, line);
  }
}

void read_json_lines(LineReader& lines, std::string line, Feeder& feeder) {
  do {
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    feeder.feed(lines.line_number(), [&] { return parse_object(line); });
  } while (lines.next(line));
}

void read_document(const nlohmann::json& document, const RecordFormat& format, Feeder& feeder) {
  for (const nlohmann::json& row : format.rows_of_document(document)) {
    feeder.feed(1, [&] { return row; });
  }
}

/// The whole rest of a file as one JSON document, or "discarded" when it is none.
nlohmann::json try_document(LineReader& lines, const std::string& first) {
  std::string text = first;
  std::string line;
  while (lines.next(line)) text += "\n" + line;
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

FileReport read_records(const std::filesystem::path& path, const RecordFormat& format,
                        std::int64_t max_bad_rows, const RecordHandler& handle) {
  LineReader lines(path);
  Feeder feeder(path.string(), max_bad_rows, handle);
  std::string line;
  if (!lines.next(line)) throw DataError(path.string(), "is empty");
  const std::size_t first = line.find_first_not_of(" \t");
  const bool is_json = first != std::string::npos && (line[first] == '{' || line[first] == '[');
  if (!is_json) {
    read_tsv(lines, line, format, feeder, path.string());
    return feeder.finish();
  }
  // A document spans several lines, or is one line that the task knows how to take apart.
  const nlohmann::json head = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  const bool is_line_of_rows = head.is_object() && !head.contains("data");
  if (format.rows_of_document && !is_line_of_rows) {
    const nlohmann::json document = head.is_discarded() ? try_document(lines, line) : head;
    if (document.is_discarded())
      throw DataError(path.string(),
                      "is neither a JSON document nor JSON lines (damaged or truncated?)");
    read_document(document, format, feeder);
  } else {
    read_json_lines(lines, line, feeder);
  }
  return feeder.finish();
}

}  // namespace attempt::datasets
