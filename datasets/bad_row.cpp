#include "datasets/bad_row.h"

#include <fmt/format.h>

namespace attempt::datasets {

std::string reason_word(BadRowReason reason) {
  switch (reason) {
    case BadRowReason::kFieldCount:
      return "field_count";
    case BadRowReason::kMissingField:
      return "missing_field";
    case BadRowReason::kWrongType:
      return "wrong_type";
    case BadRowReason::kUnknownLabel:
      return "unknown_label";
    case BadRowReason::kBadNumber:
      return "bad_number";
    case BadRowReason::kBadUtf8:
      return "bad_utf8";
    case BadRowReason::kBadJson:
      return "bad_json";
    case BadRowReason::kBadOffset:
      return "bad_offset";
    case BadRowReason::kSpanNotFound:
      return "span_not_found";
    case BadRowReason::kDuplicateId:
      return "duplicate_id";
  }
  return "";
}

std::string bad_row_message(const std::string& file, std::int64_t line, const BadRow& row) {
  constexpr std::size_t kShown = 60;
  std::string escaped;
  for (const char c : row.got.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) {
      escaped += fmt::format("\\x{:02x}", byte);
    } else {
      escaped += c;
    }
  }
  return fmt::format("{}:{}: field '{}': {} (got: \"{}\")", file, line, row.field,
                     reason_word(row.reason), escaped);
}

}  // namespace attempt::datasets
