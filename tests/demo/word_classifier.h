#pragma once

#include <string>
#include <vector>

namespace attempt::test {

/// A set of words ("2:word" for a word of the second text, say) and its class.
struct WordRow {
  std::vector<std::string> words;
  int label = 0;
};

/// Trains a logistic regression on words on the first half of the rows.
/// @return share of the second half that it gets right, 0 to 1.
double accuracy_of_words(const std::vector<WordRow>& rows);

/// Share of the most frequent class in the second half.
double accuracy_of_majority(const std::vector<WordRow>& rows);

}  // namespace attempt::test
