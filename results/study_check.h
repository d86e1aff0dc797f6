#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "results/study_folder.h"

namespace attempt::results {

/// What is wrong with a file of a study.
enum class Defect {
  kDamaged,       ///< its content is not what was written
  kMissing,       ///< an event or a digest file tells of a file that is not there
  kUnverifiable,  ///< nothing says what its content should be: never sound
  kStale,         ///< sound, but not made from the trials that are there now
  kAbandoned      ///< temporary file of a writer that is gone
};
/// "damaged", "missing", ...
std::string defect_name(Defect defect);

struct Finding {
  std::filesystem::path file;  ///< relative to the study
  Defect defect = Defect::kDamaged;
  std::string problem;  ///< for people
  std::string repair;   ///< what was done, or what a repair would do
  bool is_repaired = false;
};

struct StudyCheck {
  std::int64_t checked = 0;  ///< files
  std::vector<Finding> findings;
};

/// Compares every file of a study with the digests that were kept of it: trial files (seal, digest
/// file, publishing event), checkpoints, event lines, failed/*.json, the plan and the effective
/// sweep, results.h5. Logs and the report are text without digests and are not looked at.
///
/// With `repair`, what can be rebuilt is: digest files, events of published trials, event files
/// without their damaged lines, results.h5. Damaged trials are moved to damaged/ so that the next
/// run makes them again; damaged checkpoints are removed. Nobody may be running the study then.
/// Forks: called from a process with one thread.
StudyCheck check_study(const StudyFolder& folder, bool repair);

}  // namespace attempt::results
