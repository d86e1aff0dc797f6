#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/study_folder.h"

namespace attempt::results {

/// What a trial reached on its test splits.
struct TrialScores {
  bool synthetic = false;
  std::map<std::string, std::map<std::string, double>> test;  ///< task -> metric -> value
};

using Scores = std::map<std::string, TrialScores>;  ///< by trial id

/// results.h5: the trials of the study in one file, made from the trial files; lists the digests it
/// was made from, and the scores of all trials in one table. Rewritten atomically, unless it was
/// made from just these trials: then no trial file is opened. Ids without a trial file are passed
/// over.
/// @return the scores of the trials. @throws StoreError for a trial file that is damaged.
Scores write_results_file(const StudyFolder& folder, const std::vector<std::string>& trial_ids);

}  // namespace attempt::results
