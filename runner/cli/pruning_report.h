#pragma once

#include <string>

#include "runner/cli/study_view.h"

namespace attempt::cli {

/// What the pruner of a study with search.audit would have saved and cost, a line for each search
/// and budget; "" for any other study.
std::string pruning_report(const StudyView& study);

}  // namespace attempt::cli
