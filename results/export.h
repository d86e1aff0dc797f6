#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "results/study_folder.h"

namespace attempt::results {

enum class ExportFormat { kCsv, kJson };
enum class ExportWhat { kTrials, kSteps, kEvaluations };

/// Writes the trials of a study with these ids as CSV with a header line, or as a JSON array; one
/// row a trial, an optimiser step, or an evaluation. The columns are listed in results/README.md.
/// Ids without a trial file are passed over.
/// @throws StoreError for a trial file that is damaged.
void export_study(const StudyFolder& folder, const std::vector<std::string>& trial_ids,
                  ExportFormat format, ExportWhat what, std::ostream& out);

}  // namespace attempt::results
