#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/search/pruning.h"

namespace attempt::search {

/// A trial that ran to its end, of one budget.
struct FullRun {
  std::int64_t configuration = 0;
  Curve curve;
};

/// What stopping by a rule would have saved and cost.
struct PruningAudit {
  std::int64_t trials = 0;
  std::int64_t stopped = 0;
  std::int64_t steps = 0;
  std::int64_t steps_saved = 0;
  double regret = 0;  ///< best mean score over all configurations, less that of the one chosen
};

/// Plays runs of one search and budget side by side, evaluation by evaluation, stopping by the
/// rule. A configuration's score is the mean over its runs of the best until they were stopped.
PruningAudit audit(const PruningRule& rule, const std::vector<FullRun>& runs);

std::string audit_text(const std::string& search, const PruningRule& rule,
                       const PruningAudit& audit);

}  // namespace attempt::search
