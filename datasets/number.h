#pragma once

#include <optional>
#include <string_view>

namespace attempt::datasets {

/// A finite decimal number as Python's float() reads it (whitespace around, sign, ".5", "2.",
/// exponent); the whole text.
std::optional<double> parse_number(std::string_view text);

}  // namespace attempt::datasets
