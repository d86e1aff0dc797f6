#pragma once

#include <string>
#include <vector>

namespace attempt::datasets {

struct AnswerScores {
  double exact_match = 0;  ///< percent
  double f1 = 0;           ///< percent
};

/// SQuAD's scores: per question the best over its references, averaged over questions;
/// tasks.md 2.5.
AnswerScores score_answers(const std::vector<std::string>& predictions,
                           const std::vector<std::vector<std::string>>& references);

}  // namespace attempt::datasets
