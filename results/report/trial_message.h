#pragma once

#include <string>

#include "results/report/study_content.h"

namespace attempt::results {

/// What was read of a trial (record, outcomes, findings, mean of its prompt, problem) as bytes, for
/// another process of this very program on this machine.
std::string encode_trial(const ReportTrial& trial);

/// Puts what encode_trial wrote into a trial. @throws std::out_of_range when bytes are missing.
void decode_trial(const std::string& bytes, ReportTrial& trial);

}  // namespace attempt::results
