#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "results/study_folder.h"
#include "results/trial_record.h"
#include "runner/sweep/plan.h"

namespace attempt::search {

/// What selected a trial's checkpoint: its best validation score; nothing before an evaluation.
std::optional<double> best_validation(const results::TrialRecord& record);

/// best_validation() of a finished trial, of whose file nothing of the test split is read.
/// @throws results::StoreError
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
