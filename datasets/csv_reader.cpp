#include "datasets/csv_reader.h"

#include "datasets/data_error.h"

namespace attempt::datasets {

bool split_csv_record(LineReader& lines, const std::string& line, const std::string& file,
                      std::vector<std::string>& fields) {
  constexpr std::size_t kLargestRecord = std::size_t{1} << 26;
  fields.assign(1, "");
  bool is_quoted = false;
  std::size_t bytes = 0;
  std::string text = line;
  while (true) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '"' && is_quoted && i + 1 < text.size() && text[i + 1] == '"') {
        fields.back() += c;
        ++i;
      } else if (c == '"' && (is_quoted || fields.back().empty())) {
        is_quoted = !is_quoted;
      } else if (c == ',' && !is_quoted) {
        fields.emplace_back();
      } else {
        fields.back() += c;
      }
    }
    if (!is_quoted) return true;
    bytes += text.size() + 1;
    if (bytes > kLargestRecord)
      throw DataError(file, "has a quoted field above 64 MiB (a quote that is never closed?)");
    if (!lines.next(text)) return false;
    fields.back() += '\n';
  }
}

}  // namespace attempt::datasets
