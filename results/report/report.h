#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results/report/study_content.h"

namespace attempt::results {

struct ReportOptions {
  std::filesystem::path folder;  ///< index.html and tables/ are written here
  std::string plotly;            ///< Plotly's browser bundle; "" makes a page of tables only
};

/// Tables (Markdown, CSV, LaTeX) and the page of one or more studies, at any stage.
/// @return the files written. @throws StoreError when the folder cannot be written.
std::vector<std::filesystem::path> write_report(const std::vector<StudyContent>& studies,
                                                const ReportOptions& options);

}  // namespace attempt::results
