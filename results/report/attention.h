#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/report/study_content.h"
#include "results/report/text_table.h"

namespace attempt::results {

/// Entropy of the attention, as a share of its maximum, from which on it is named as averaging.
inline constexpr double kAveragingEntropy = 0.98;

/// Validation entropy at the selected step over the logarithm of the number of prompts; nothing for
/// methods without attention.
std::optional<double> entropy_share(const TrialRecord& record);

/// The mean weight of every prompt: over layers or prompt rows where there are several.
std::vector<double> mean_weights(const AttentionSummary& summary);

/// Mean attention of one trial on one task: a weight a prompt, averaged over layers or prompt rows.
struct AttentionRow {
  std::string label;
  std::string task;
  std::uint64_t seed = 0;
  std::string trial_id;
  std::vector<std::string> names;  ///< prompts, target last
  std::vector<double> weights;
};

std::vector<AttentionRow> attention_rows(const std::vector<StudyContent>& studies);

TextTable attention_table(const std::vector<AttentionRow>& rows);

}  // namespace attempt::results
