#include "datasets/number.h"

#include <charconv>
#include <cmath>
#include <string>

#include "datasets/unicode.h"

namespace attempt::datasets {

std::optional<double> parse_number(std::string_view text) {
  if (!is_valid_utf8(text)) return std::nullopt;
  std::string trimmed = trim(text);
  const bool has_sign = trimmed.starts_with('+') || trimmed.starts_with('-');
  if (trimmed.size() <= (has_sign ? 1U : 0U)) return std::nullopt;
  // from_chars also knows "inf" and "nan", which are no scores: a number starts with a digit or
  // dot.
  const char first = trimmed[has_sign ? 1 : 0];
  if (first != '.' && (first < '0' || first > '9')) return std::nullopt;
  if (trimmed[0] == '+') trimmed.erase(0, 1);  // from_chars takes no plus
  double value = 0;
  const auto [end, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), value);
  if (error != std::errc() || end != trimmed.data() + trimmed.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

}  // namespace attempt::datasets
