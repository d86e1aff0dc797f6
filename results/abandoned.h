#pragma once

#include <filesystem>
#include <vector>

#include "results/study_folder.h"

namespace attempt::results {

/// Temporary files below a study. Nobody else works on the study: then their writers are gone.
std::vector<std::filesystem::path> temporary_files(const StudyFolder& folder);

/// Removes them, and the checkpoints of trials whose attempt was killed after it had published;
/// what cannot be removed stays.
void remove_abandoned(const StudyFolder& folder);

}  // namespace attempt::results
