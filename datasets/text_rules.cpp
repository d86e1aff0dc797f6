#include "datasets/text_rules.h"

#include <cmath>
#include <string_view>
#include <utility>

#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

constexpr std::string_view kAsciiPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// Whole words a, an, the (Unicode word boundaries) replaced by one space each.
std::string without_articles(std::string_view text) {
  const auto code_points = decode_utf8(text);
  std::string result;
  std::size_t i = 0;
  while (i < code_points.size()) {
    if (!is_word(code_points[i])) {
      append_utf8(result, code_points[i++]);
      continue;
    }
    std::string word;
    while (i < code_points.size() && is_word(code_points[i])) append_utf8(word, code_points[i++]);
    result += word == "a" || word == "an" || word == "the" ? " " : word;
  }
  return result;
}

std::string tenths_text(std::int64_t tenths) {
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string pad_punctuation(std::string_view text) {
  std::string spaced;
  bool last_was_space = false;
  const auto add_space = [&] {
    if (!last_was_space) spaced += ' ';
    last_was_space = true;
  };
  for (const std::int32_t code_point : decode_utf8(text)) {
    if (is_space(code_point)) {
      add_space();
    } else if (code_point == '_' || is_letter_number_or_mark(code_point)) {
      append_utf8(spaced, code_point);
      last_was_space = false;
    } else {
      add_space();
      append_utf8(spaced, code_point);
      last_was_space = false;
      add_space();
    }
  }
  return spaced;
}

std::string normalise_answer(std::string_view text) {
  std::string kept;
  for (const char c : lower(text)) {
    if (kAsciiPunctuation.find(c) == std::string_view::npos) kept += c;
  }
  std::string joined;
  for (const std::string& word : split_whitespace(without_articles(kept))) {
    joined += (joined.empty() ? "" : " ") + word;
  }
  return joined;
}

std::string stsb_grid_target(double score) {
  const std::int64_t thousandths = std::llround(score * 1000);
  std::int64_t steps = thousandths / 200;
  const std::int64_t rest = thousandths % 200;
  if (rest > 100 || (rest == 100 && steps % 2 == 1)) ++steps;
  return tenths_text(2 * steps);
}

std::string stsb_decimal_target(double score) {
  const double rounded_in_file = static_cast<double>(static_cast<float>(score));
  return tenths_text(static_cast<std::int64_t>(std::nearbyint(10 * (5 * rounded_in_file / 5))));
}

std::string clean_up_spaces(std::string text) {
  constexpr std::pair<const char*, const char*> kReplacements[] = {
      {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
      {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kReplacements) text = replace_all(std::move(text), from, to);
  return text;
}

}  // namespace attempt::datasets
