#pragma once

#include <string>

#include "results/trial_record.h"

namespace attempt::results {

/// The weights that a trial tuned.
struct Backbone {
  std::string name;         ///< its folder without the path; "" where the file does not tell
  std::string fingerprint;  ///< of the weights; "" in old files
};

Backbone backbone_of(const TrialRecord& record);

}  // namespace attempt::results
