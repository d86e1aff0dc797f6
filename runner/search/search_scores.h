#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "results/study_folder.h"
#include "runner/sweep/plan.h"

namespace attempt::search {

/// The best validation score of a finished trial: what selected its checkpoint. Nothing of the test
/// split is read. @throws results::StoreError
double validation_score(const results::StudyFolder& folder, const std::string& trial_id);

/// How a trial of a search ended.
struct TrialEnd {
  bool has_succeeded = false;
  double score = 0;
};
/// nullopt while a trial has not ended.
using EndOf = std::function<std::optional<TrialEnd>(const std::string& trial_id)>;

enum class ConfigurationStatus { kRunning, kComplete, kFailed };

struct ConfigurationScore {
  ConfigurationStatus status = ConfigurationStatus::kRunning;
  double mean = 0;  ///< over the seeds, when complete
};

/// One trial that failed makes its configuration fail: a mean over fewer seeds is not comparable.
ConfigurationScore score_of(const sweep::PlannedConfiguration& configuration, const EndOf& end_of);

/// Number of the complete configuration with the best mean, the first of equals; -1 where none is
/// complete.
std::int64_t best_of(const sweep::PlannedSearch& search, const EndOf& end_of);

}  // namespace attempt::search
