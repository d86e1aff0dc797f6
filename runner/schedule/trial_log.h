#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attempt::schedule {

/// Copies what a trainer wrote since the last move to the end of the trial's log, under a title.
/// @return its last lines; empty without a log.
std::vector<std::string> copy_log(const std::filesystem::path& trainer_log,
                                  const std::filesystem::path& trial_log, const std::string& title);

/// Moves what a trainer wrote since the last move to the end of the trial's log, under a title.
/// @return its last lines; empty without a log.
std::vector<std::string> move_log(const std::filesystem::path& trainer_log,
                                  const std::filesystem::path& trial_log, const std::string& title);

}  // namespace attempt::schedule
