#pragma once

#include <string>
#include <vector>

#include "results/report/study_content.h"
#include "results/report/text_table.h"

namespace attempt::results {

/// How alike the prompts that prompt tuning found are: sources x targets.
struct PromptSimilarity {
  std::string group;  ///< "study, 768 wide"; "" where there is one group
  std::vector<std::string> sources;
  std::vector<std::string> targets;
  std::vector<std::vector<double>> cosine;  ///< [target][source]
};

/// Cosine of the means of the prompts' rows, averaged over the seeds of both sides (SPoT, Vu et al.
/// 2022, section 3.2). Over the trials of plain prompt tuning that kept their prompt. Prompts are
/// compared within a group: one study, one backbone, one width, made-up or real data.
std::vector<PromptSimilarity> prompt_similarity(const std::vector<StudyContent>& studies);

/// A table a group.
std::vector<TextTable> similarity_tables(const std::vector<PromptSimilarity>& similarities);

}  // namespace attempt::results
