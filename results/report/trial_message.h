#pragma once

#include <string>

#include "results/report/study_content.h"

namespace attempt::results {

/// What was read of a trial (record, outcomes, problem) as bytes, for another process of this
/// program.
std::string encode_trial(const ReportTrial& trial);

/// Puts what encode_trial wrote into a trial.
void decode_trial(const std::string& bytes, ReportTrial& trial);

}  // namespace attempt::results
