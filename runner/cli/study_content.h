#pragma once

#include "results/report/study_content.h"
#include "runner/cli/study_view.h"

namespace attempt::cli {

/// What the finished trials of a study hold, for report and diagnosis.
results::StudyContent read_content(const StudyView& study);

}  // namespace attempt::cli
