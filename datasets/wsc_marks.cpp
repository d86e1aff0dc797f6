#include "datasets/wsc_marks.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

using CodePoints = std::vector<std::int32_t>;

struct Place {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::string encode(const CodePoints& code_points, std::size_t begin, std::size_t end) {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) append_utf8(text, code_points[i]);
  return text;
}

CodePoints lowered(CodePoints code_points) {
  for (std::int32_t& code_point : code_points) code_point = to_lower(code_point);
  return code_points;
}

/// Number of the word that holds each code point; of the next word for whitespace.
std::vector<std::int64_t> word_numbers(const CodePoints& text) {
  std::vector<std::int64_t> numbers;
  std::int64_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && is_space(text[i]) && !is_space(text[i - 1])) ++word;
    numbers.push_back(word);
  }
  return numbers;
}

/// The end of `span` at `begin`, where any whitespace stands for any; nothing when it is not there.
std::optional<std::size_t> match_at(const CodePoints& text, std::size_t begin,
                                    const CodePoints& span) {
  std::size_t at = begin;
  for (std::size_t i = 0; i < span.size();) {
    if (at >= text.size()) return std::nullopt;
    if (is_space(span[i])) {
      if (!is_space(text[at])) return std::nullopt;
      while (i < span.size() && is_space(span[i])) ++i;
      while (at < text.size() && is_space(text[at])) ++at;
    } else if (text[at++] != span[i++]) {
      return std::nullopt;
    }
  }
  return at;
}

std::optional<Place> nearest_occurrence(const CodePoints& text, const WscSpan& span) {
  const CodePoints lowered_text = lowered(text);
  const std::vector<std::int64_t> words = word_numbers(text);
  const CodePoints sought = lowered(decode_utf8(trim(span.text)));
  if (sought.empty()) return std::nullopt;
  std::optional<Place> nearest;
  std::uint64_t least = 0;
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    if (begin > 0 && is_word(text[begin - 1])) continue;
    const std::optional<std::size_t> end = match_at(lowered_text, begin, sought);
    if (!end || (*end < text.size() && is_word(text[*end]))) continue;
    // Unsigned: the word's number is the file's, perhaps absurd.
    const std::uint64_t distance = static_cast<std::uint64_t>(std::max(words[begin], span.word)) -
                                   static_cast<std::uint64_t>(std::min(words[begin], span.word));
    if (!nearest || distance < least) {
      nearest = Place{begin, *end};
      least = distance;
    }
  }
  return nearest;
}

std::string without_end_marks(std::string text) {
  while (!text.empty() && std::string_view(".,;!?").find(text.back()) != std::string_view::npos)
    text.pop_back();
  return text;
}

std::optional<Place> find_span(const CodePoints& text, const WscSpan& span) {
  if (const auto found = nearest_occurrence(text, span)) return found;
  return nearest_occurrence(text, {without_end_marks(span.text), span.word});
}

struct Insertion {
  std::size_t at = 0;
  std::string mark;
};

bool needs_repair(const WscSpan& span, const std::string& text) {
  const bool has_words_between =
      span.text == "Kamenev and Zinoviev" || span.text == "Kamenev, Zinoviev, and Stalin";
  return text.find(span.text) == std::string::npos && !has_words_between;
}

/// Case of the first letter as in the text, no dots at the end, spaces for line breaks.
void repair(WscSpan& span, const std::string& text) {
  const std::vector<std::string> words = split_whitespace(text);
  if (span.word < 0 || span.word >= static_cast<std::int64_t>(words.size())) return;
  const std::int32_t first = decode_utf8(words[static_cast<std::size_t>(span.word)]).front();
  CodePoints code_points = decode_utf8(span.text);
  code_points[0] = is_lower(first) ? to_lower(code_points[0]) : to_upper(code_points[0]);
  span.text = encode(code_points, 0, code_points.size());
  while (span.text.ends_with('.')) span.text.pop_back();
  std::replace(span.text.begin(), span.text.end(), '\n', ' ');
}

/// @return false, and the text as it was, where the span does not stand at its word.
bool mark_at_word(CodePoints& text, const std::string& span, std::int64_t word, char mark) {
  std::size_t at = 0;
  for (std::int64_t i = 0; i < word; ++i) {
    const std::size_t begin = at;
    while (at < text.size() && !is_space(text[at])) ++at;
    if (at == begin || at == text.size()) return false;
    ++at;  // exactly one space after a word
  }
  const CodePoints sought = decode_utf8(span);
  if (word < 0 || sought.size() > text.size() - at) return false;
  for (std::size_t i = 0; i < sought.size(); ++i) {
    const bool matches = sought[i] == '.' ? text[at + i] != '\n' : text[at + i] == sought[i];
    if (!matches) return false;
  }
  const auto begin = static_cast<std::ptrdiff_t>(at);
  const auto end = static_cast<std::ptrdiff_t>(at + sought.size());
  text.insert(text.begin() + end, {' ', mark});
  text.insert(text.begin() + begin, {mark, ' '});
  return true;
}

}  // namespace

MarkedText mark_nearest(const std::string& text, const WscSpan& span1, const WscSpan& span2) {
  const CodePoints code_points = decode_utf8(text);
  const std::optional<Place> first = find_span(code_points, span1);
  const std::optional<Place> second = find_span(code_points, span2);
  MarkedText marked;
  if (!first) marked.unmarked.push_back(1);
  if (!second) marked.unmarked.push_back(2);
  const bool first_is_outside =
      !first || !second || first->end - first->begin >= second->end - second->begin;
  // Before a character, the outer mark comes first; after one, the inner.
  std::vector<Insertion> insertions;
  for (const bool is_first : {first_is_outside, !first_is_outside}) {
    if (const auto& place = is_first ? first : second)
      insertions.push_back({place->begin, is_first ? "* " : "# "});
  }
  for (const bool is_first : {!first_is_outside, first_is_outside}) {
    if (const auto& place = is_first ? first : second)
      insertions.push_back({place->end, is_first ? " *" : " #"});
  }
  for (std::size_t i = 0; i <= code_points.size(); ++i) {
    for (const Insertion& insertion : insertions) {
      if (insertion.at == i) marked.text += insertion.mark;
    }
    if (i < code_points.size()) append_utf8(marked.text, code_points[i]);
  }
  return marked;
}

MarkedText mark_anchored(const std::string& text, const WscSpan& span1, const WscSpan& span2) {
  WscSpan first = span1;
  WscSpan second = span2;
  for (WscSpan* span : {&first, &second}) {
    if (!needs_repair(*span, text)) continue;
    if (span->text.find("theyscold") != std::string::npos) second.word = 10;
    repair(*span, text);
  }
  CodePoints code_points = decode_utf8(text);
  MarkedText marked;
  if (!mark_at_word(code_points, first.text, first.word, '*')) marked.unmarked.push_back(1);
  const std::int64_t shift = first.word < second.word ? 2 : 0;  // words that the marks added
  if (!mark_at_word(code_points, second.text, second.word + shift, '#'))
    marked.unmarked.push_back(2);
  marked.text = encode(code_points, 0, code_points.size());
  return marked;
}

}  // namespace attempt::datasets
