#pragma once

#include "results/report/study_content.h"
#include "runner/cli/study_view.h"

namespace attempt::cli {

/// Adds what the searches of a study have come to, from the trials that `content` has read; nothing
/// of their test split. A sweep that cannot be read is a warning.
void add_search_results(const StudyView& study, results::StudyContent& content);

}  // namespace attempt::cli
