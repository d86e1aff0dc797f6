#pragma once

namespace attempt::results {

// Files of this folder that are part of the program; CMake writes the definitions.
extern const char kAttemptPaperJson[];  ///< published/attempt_paper.json
extern const char kReportStyle[];       ///< report/report.css
extern const char kReportScript[];      ///< report/report.js

}  // namespace attempt::results
