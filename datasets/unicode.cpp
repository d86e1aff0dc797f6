#include "datasets/unicode.h"

#include <utf8proc.h>

#include <stdexcept>

namespace attempt::datasets {

std::vector<std::int32_t> decode_utf8(std::string_view text) {
  std::vector<std::int32_t> code_points;
  code_points.reserve(text.size());
  std::size_t position = 0;
  while (position < text.size()) {
    utf8proc_int32_t code_point = 0;
    const auto length =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + position,
                         static_cast<utf8proc_ssize_t>(text.size() - position), &code_point);
    if (length <= 0) throw std::invalid_argument("text is not valid UTF-8");
    code_points.push_back(code_point);
    position += static_cast<std::size_t>(length);
  }
  return code_points;
}

void append_utf8(std::string& text, std::int32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const auto length = utf8proc_encode_char(code_point, bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

bool is_valid_utf8(std::string_view text) {
  std::size_t position = 0;
  while (position < text.size()) {
    utf8proc_int32_t code_point = 0;
    const auto length =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + position,
                         static_cast<utf8proc_ssize_t>(text.size() - position), &code_point);
    if (length <= 0) return false;
    position += static_cast<std::size_t>(length);
  }
  return true;
}

bool is_space(std::int32_t c) {
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

namespace {

bool is_letter(utf8proc_category_t category) {
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool is_number(utf8proc_category_t category) {
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool is_mark(utf8proc_category_t category) {
  return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

}  // namespace

bool is_word(std::int32_t code_point) {
  const utf8proc_category_t category = utf8proc_category(code_point);
  return code_point == '_' || is_letter(category) || is_number(category);
}

bool is_letter_number_or_mark(std::int32_t code_point) {
  const utf8proc_category_t category = utf8proc_category(code_point);
  return is_letter(category) || is_number(category) || is_mark(category);
}

bool is_lower(std::int32_t code_point) { return utf8proc_islower(code_point) != 0; }
std::int32_t to_lower(std::int32_t code_point) { return utf8proc_tolower(code_point); }
std::int32_t to_upper(std::int32_t code_point) { return utf8proc_toupper(code_point); }

std::string lower(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const std::int32_t code_point : decode_utf8(text)) {
    if (code_point == 0x130) {  // the one letter whose lower case is two code points
      append_utf8(result, 'i');
      append_utf8(result, 0x307);
    } else {
      append_utf8(result, to_lower(code_point));
    }
  }
  return result;
}

std::string trim(std::string_view text) {
  const std::vector<std::int32_t> code_points = decode_utf8(text);
  std::size_t first = 0;
  std::size_t last = code_points.size();
  while (first < last && is_space(code_points[first])) ++first;
  while (last > first && is_space(code_points[last - 1])) --last;
  std::string result;
  for (std::size_t i = first; i < last; ++i) append_utf8(result, code_points[i]);
  return result;
}

std::vector<std::string> split_whitespace(std::string_view text) {
  std::vector<std::string> words;
  bool is_inside = false;
  for (const std::int32_t code_point : decode_utf8(text)) {
    if (is_space(code_point)) {
      is_inside = false;
      continue;
    }
    if (!is_inside) words.emplace_back();
    is_inside = true;
    append_utf8(words.back(), code_point);
  }
  return words;
}

}  // namespace attempt::datasets
