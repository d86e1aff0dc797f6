#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results/report/study_content.h"

namespace attempt::results {

/// Every trial, a line each that cells link to: settings, scores, findings, provenance, the command
/// that makes it again, its file and log. HTML.
/// @param page_folder  where the page will lie, for links to files.
std::string trial_list(const std::vector<StudyContent>& studies,
                       const std::filesystem::path& page_folder);

/// Failed and unreadable trials with the ends of their logs. HTML; "" where there are none.
std::string failure_list(const std::vector<StudyContent>& studies);

}  // namespace attempt::results
