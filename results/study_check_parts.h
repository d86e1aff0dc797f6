#pragma once

#include <functional>
#include <string>
#include <vector>

#include "results/study_check.h"

namespace attempt::results {

/// A study check under way.
struct Checking {
  const StudyFolder& folder;
  bool is_repairing = false;
  StudyCheck result;

  /// Notes a finding; when repairing, does what it says. @param action  may be empty.
  void report(Finding finding, const std::function<void()>& action);
};

/// @return ids of the trials whose file is sound, or was made so.
std::vector<std::string> check_trials(Checking& checking);
void check_checkpoints(Checking& checking);
void check_results_file(const std::vector<std::string>& sound_trials, Checking& checking);

}  // namespace attempt::results
