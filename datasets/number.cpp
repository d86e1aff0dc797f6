#include "datasets/number.h"

#include <charconv>
#include <cmath>
#include <string>

#include "datasets/unicode.h"

namespace attempt::datasets {

std::optional<double> parse_number(std::string_view text) {
  if (!is_valid_utf8(text)) return std::nullopt;
  std::string trimmed = trim(text);
  if (trimmed.starts_with('+')) trimmed.erase(0, 1);
  if (trimmed.starts_with('-') ? trimmed.size() < 2 : trimmed.empty()) return std::nullopt;
  // from_chars also knows "inf" and "nan", which are no scores: a number starts with a digit or a
  // dot.
  const char first = trimmed[trimmed[0] == '-' ? 1 : 0];
  if (first != '.' && (first < '0' || first > '9')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), value);
  if (error != std::errc() || end != trimmed.data() + trimmed.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

}  // namespace attempt::datasets
