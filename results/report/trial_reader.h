#pragma once

#include <cstddef>
#include <vector>

#include "results/report/study_content.h"

namespace attempt::results {

/// Reads the files of these trials, whose digests have been verified: fills record, outcomes or
/// problem. HDF5 reads with one thread a process, so many files are read by several processes; the
/// caller must have no other thread.
void read_trials(const StudyFolder& folder, const std::vector<ReportTrial*>& trials,
                 const AnswerScore& answer_f1);

}  // namespace attempt::results
