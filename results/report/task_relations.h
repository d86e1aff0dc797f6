#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/report/study_content.h"
#include "results/report/text_table.h"
#include "results/statistics/task_matrix.h"

namespace attempt::results {

/// The source that a SPoT trial was told to start from; nothing for other trials and for a start
/// that was made by similarity.
std::optional<std::string> told_start(const TrialRecord& record);

/// A finished trial on one task, and its reported metric.
struct ScoredTrial {
  const TrialRecord* record = nullptr;
  std::optional<double> score;
};

/// Target task x source: what SPoT from this source reached less what prompt tuning of the same
/// task and seed did, averaged over seeds.
TaskMatrix transfer_gains(const std::vector<ScoredTrial>& trials);

/// For every study what its trials tell of how target and source tasks relate: the transfer gains,
/// and rank correlations between them, attention and the similarity of prompts.
std::vector<TextTable> task_relation_tables(const std::vector<StudyContent>& studies);

}  // namespace attempt::results
