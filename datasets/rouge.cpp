#include "datasets/rouge.h"

#include <algorithm>
#include <cstdint>

#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::string spaced;
  for (const std::int32_t c : decode_utf8(lower(text)))
    append_utf8(spaced, is_letter_number_or_mark(c) ? c : ' ');
  return split_whitespace(spaced);
}

std::size_t longest_common_subsequence(const std::vector<std::string>& a,
                                       const std::vector<std::string>& b) {
  // best[j] is the length for the words of a so far and the first j of b.
  std::vector<std::size_t> best(b.size() + 1, 0);
  for (const std::string& word : a) {
    std::size_t diagonal = 0;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = best[j];
      best[j] = word == b[j - 1] ? diagonal + 1 : std::max(above, best[j - 1]);
      diagonal = above;
    }
  }
  return best.back();
}

double f_measure(const std::vector<std::string>& predicted,
                 const std::vector<std::string>& expected) {
  const auto common = static_cast<double>(longest_common_subsequence(predicted, expected));
  return common == 0 ? 0 : 2 * common / static_cast<double>(predicted.size() + expected.size());
}

}  // namespace

double rouge_l(const std::vector<std::string>& predictions,
               const std::vector<std::vector<std::string>>& references) {
  double sum = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::vector<std::string> predicted = words_of(predictions[i]);
    double best = 0;
    for (const std::string& reference : references[i])
      best = std::max(best, f_measure(predicted, words_of(reference)));
    sum += best;
  }
  return 100 * sum / std::max<double>(1, static_cast<double>(predictions.size()));
}

}  // namespace attempt::datasets
