#include "datasets/span_scores.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

using Span = std::tuple<std::string, std::size_t, std::size_t>;  // type, first word, last word

/// 'B' or 'I' with a type, else 'O'.
struct Tag {
  char place = 'O';
  std::string_view type;
};

Tag tag_of(std::string_view word) {
  const bool is_inside = word.size() > 2 && (word[0] == 'B' || word[0] == 'I') && word[1] == '-';
  return is_inside ? Tag{word[0], word.substr(2)} : Tag{};
}

std::set<Span> spans_of(const std::string& text) {
  std::set<Span> spans;
  const std::vector<std::string> words = split_whitespace(text);
  Tag last;
  std::size_t first = 0;
  for (std::size_t i = 0; i <= words.size(); ++i) {
    const Tag tag = i < words.size() ? tag_of(words[i]) : Tag{};
    const bool goes_on = tag.place == 'I' && last.place != 'O' && last.type == tag.type;
    if (last.place != 'O' && !goes_on) spans.emplace(std::string(last.type), first, i - 1);
    if (tag.place != 'O' && !goes_on) first = i;
    last = tag;
  }
  return spans;
}

}  // namespace

double span_f1(const std::vector<std::string>& predictions,
               const std::vector<std::string>& targets) {
  std::size_t both = 0, either = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::set<Span> predicted = spans_of(predictions[i]);
    const std::set<Span> expected = spans_of(targets[i]);
    either += predicted.size() + expected.size();
    both += static_cast<std::size_t>(
        std::count_if(predicted.begin(), predicted.end(),
                      [&](const Span& span) { return expected.contains(span); }));
  }
  return either == 0 ? 0 : 100 * 2 * static_cast<double>(both) / static_cast<double>(either);
}

bool is_tag_sequence(const std::string& text) {
  const std::vector<std::string> words = split_whitespace(text);
  return !words.empty() && std::all_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "O" || tag_of(word).place != 'O';
  });
}

}  // namespace attempt::datasets
