#pragma once

#include <string>
#include <vector>

namespace attempt::datasets {

/// ROUGE-L in percent: F of the longest common subsequence of words (Lin 2004, section 3.1, with
/// beta = 1), per example the best over its references, averaged. Words are runs of letters, digits
/// and marks in lower case, without stemming: on ASCII text those of the rouge_score package.
double rouge_l(const std::vector<std::string>& predictions,
               const std::vector<std::vector<std::string>>& references);

}  // namespace attempt::datasets
