#pragma once

#include <cstdint>

#include "runner/sweep/plan.h"

namespace attempt::sweep {

/// Bytes of a trial file: what it keeps of parameters, histories and predictions. An upper estimate
/// that ignores how long a prediction may be.
std::int64_t trial_file_bytes(const TrialSpec& spec);

/// Bytes of the two checkpoints that a running trial keeps: parameters, the best of them, and two
/// moments.
std::int64_t checkpoint_bytes(const TrialSpec& spec);

/// Bytes that a study needs on disk: all trial files, results.h5, and the checkpoints of
/// `running` trials at once, the largest ones.
std::int64_t study_bytes(const Plan& plan, std::int64_t running);

/// Files and folders that such a study makes (inodes: quotas of shared disks count them).
std::int64_t study_files(const Plan& plan, std::int64_t running);

}  // namespace attempt::sweep
