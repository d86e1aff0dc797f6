#include "datasets/answer_scores.h"

#include <algorithm>
#include <map>

#include "datasets/text_rules.h"
#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

double word_f1(const std::string& prediction, const std::string& reference) {
  const std::vector<std::string> predicted = split_whitespace(prediction);
  const std::vector<std::string> expected = split_whitespace(reference);
  std::map<std::string, std::int64_t> left;
  for (const std::string& word : expected) ++left[word];
  double common = 0;
  for (const std::string& word : predicted) {
    const auto found = left.find(word);
    if (found == left.end() || found->second == 0) continue;
    --found->second;
    common += 1;
  }
  if (common == 0) return 0;
  const double precision = common / static_cast<double>(predicted.size());
  const double recall = common / static_cast<double>(expected.size());
  return 2 * precision * recall / (precision + recall);
}

}  // namespace

AnswerScores score_answers(const std::vector<std::string>& predictions,
                           const std::vector<std::vector<std::string>>& references) {
  AnswerScores total;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::string prediction = normalise_answer(predictions[i]);
    double exact = 0;
    double f1 = 0;
    for (const std::string& text : references[i]) {
      const std::string reference = normalise_answer(text);
      exact = std::max(exact, prediction == reference ? 1.0 : 0.0);
      f1 = std::max(f1, word_f1(prediction, reference));
    }
    total.exact_match += exact;
    total.f1 += f1;
  }
  const double questions = std::max<double>(1, static_cast<double>(predictions.size()));
  return {100 * total.exact_match / questions, 100 * total.f1 / questions};
}

}  // namespace attempt::datasets
