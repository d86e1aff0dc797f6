#pragma once

#include <string>
#include <vector>

#include "results/report/study_content.h"
#include "results/report/text_table.h"

namespace attempt::results {

/// How alike the prompts that prompt tuning found are: sources x targets.
struct PromptSimilarity {
  std::vector<std::string> sources;
  std::vector<std::string> targets;
  std::vector<std::vector<double>> cosine;  ///< [target][source]
};

/// Cosine of the means of the prompts' rows, averaged over the seeds of both sides (SPoT, Vu et al.
/// 2022, section 3.2). Over the trials of plain prompt tuning that kept their prompt.
PromptSimilarity prompt_similarity(const std::vector<StudyContent>& studies);

TextTable similarity_table(const PromptSimilarity& similarity);

}  // namespace attempt::results
