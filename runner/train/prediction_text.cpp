#include "runner/train/prediction_text.h"

#include <array>
#include <string_view>
#include <utility>

namespace attempt::train {

namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string trimmed(const std::string& text) {
  constexpr const char* kBlanks = " \t\n\r\f\v";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::string clean_up_spaces(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kReplacements = {{
      {" .", "."},
      {" ?", "?"},
      {" !", "!"},
      {" ,", ","},
      {" ' ", "'"},
      {" n't", "n't"},
      {" 'm", "'m"},
      {" 's", "'s"},
      {" 've", "'ve"},
      {" 're", "'re"},
  }};
  for (const auto& [from, to] : kReplacements) replace_all(text, from, to);
  return text;
}

std::string prediction_text(const datasets::Tokenizer& tokenizer, std::span<const std::int32_t> ids,
                            const datasets::DataRules& rules) {
  std::string text = tokenizer.decode(ids);
  if (rules.decode_cleanup == datasets::Rule::kAuthors) text = clean_up_spaces(std::move(text));
  return trimmed(text);
}

}  // namespace attempt::train
