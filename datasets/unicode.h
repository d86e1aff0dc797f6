#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attempt::datasets {

/// Text as code points. @throws std::invalid_argument for invalid UTF-8.
std::vector<std::int32_t> decode_utf8(std::string_view text);
void append_utf8(std::string& text, std::int32_t code_point);

bool is_valid_utf8(std::string_view text);

/// Whitespace as Python 3's str.isspace().
bool is_space(std::int32_t code_point);
/// Letter, number or underscore: \w of Python's `re`.
bool is_word(std::int32_t code_point);
/// Unicode categories L*, N*, M*.
bool is_letter_number_or_mark(std::int32_t code_point);

/// Simple case of one code point.
bool is_lower(std::int32_t code_point);
std::int32_t to_lower(std::int32_t code_point);
std::int32_t to_upper(std::int32_t code_point);

/// Lower case as Python 3's str.lower(), without its context rule for the final sigma.
std::string lower(std::string_view text);

/// Without whitespace at both ends.
std::string trim(std::string_view text);

/// Maximal runs of non-whitespace.
std::vector<std::string> split_whitespace(std::string_view text);

}  // namespace attempt::datasets
