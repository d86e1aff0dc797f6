#include "tests/demo/word_classifier.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

namespace attempt::test {

namespace {

constexpr std::size_t kMostClasses = 6;
using Scores = std::array<double, kMostClasses>;

class Classifier {
 public:
  Scores probabilities(const WordRow& row) {
    Scores scores{};
    for (const std::string& word : row.words) {
      const Scores& weights = weights_[word];
      for (std::size_t c = 0; c < kMostClasses; ++c) scores[c] += weights[c];
    }
    const double most = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (double& score : scores) sum += score = std::exp(score - most);
    for (double& score : scores) score /= sum;
    return scores;
  }

  void learn(const WordRow& row, double rate) {
    const Scores scores = probabilities(row);
    for (const std::string& word : row.words) {
      Scores& weights = weights_[word];
      for (std::size_t c = 0; c < kMostClasses; ++c) {
        const double wanted = static_cast<std::size_t>(row.label) == c ? 1 : 0;
        weights[c] += rate * (wanted - scores[c]);
      }
    }
  }

 private:
  std::unordered_map<std::string, Scores> weights_;
};

}  // namespace

double accuracy_of_words(const std::vector<WordRow>& rows) {
  const std::size_t half = rows.size() / 2;
  Classifier classifier;
  for (int epoch = 0; epoch < 5; ++epoch) {
    for (std::size_t i = 0; i < half; ++i) classifier.learn(rows[i], 0.05 / (1 + epoch));
  }
  std::size_t right = 0;
  for (std::size_t i = half; i < rows.size(); ++i) {
    const Scores scores = classifier.probabilities(rows[i]);
    const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
    right += best == rows[i].label ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(rows.size() - half);
}

double accuracy_of_majority(const std::vector<WordRow>& rows) {
  std::array<std::size_t, kMostClasses> counts{};
  for (std::size_t i = rows.size() / 2; i < rows.size(); ++i) {
    ++counts[static_cast<std::size_t>(rows[i].label)];
  }
  return static_cast<double>(*std::max_element(counts.begin(), counts.end())) /
         static_cast<double>(rows.size() - rows.size() / 2);
}

}  // namespace attempt::test
