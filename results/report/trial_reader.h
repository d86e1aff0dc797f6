#pragma once

#include <cstddef>
#include <vector>

#include "results/digest.h"
#include "results/report/study_content.h"

namespace attempt::results {

/// Compares the files of these trials with their digests and reads them: fills record, outcomes,
/// findings and prompt_mean, or problem. HDF5 reads with one thread a process, so many files are
/// read by several processes; the caller must have no other thread.
/// @param cache  of digests; learns those of files that were read.
void read_trials(const StudyFolder& folder, const std::vector<ReportTrial*>& trials,
                 const AnswerScore& answer_f1, FingerprintCache& cache);

}  // namespace attempt::results
