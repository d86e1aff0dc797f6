#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace attempt::datasets {

/// Why a row cannot be used; the words of tasks.md section 3.
enum class BadRowReason {
  kFieldCount,
  kMissingField,
  kWrongType,
  kUnknownLabel,
  kBadNumber,
  kBadUtf8,
  kBadJson,
  kBadOffset,
  kSpanNotFound,
  kDuplicateId
};

std::string reason_word(BadRowReason reason);

/// One row that is left out and counted; never leaves load_task().
class BadRow : public std::runtime_error {
 public:
  BadRow(std::string field_name, BadRowReason why, std::string found)
      : std::runtime_error(reason_word(why)),
        field(std::move(field_name)),
        reason(why),
        got(std::move(found)) {}

  const std::string field;
  const BadRowReason reason;
  const std::string got;  ///< the offending text
};

/// "FILE:LINE: field 'NAME': reason (got: "first 60 bytes escaped")"
std::string bad_row_message(const std::string& file, std::int64_t line, const BadRow& row);

}  // namespace attempt::datasets
