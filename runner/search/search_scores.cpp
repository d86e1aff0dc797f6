#include "runner/search/search_scores.h"

#include <algorithm>
#include <limits>

#include "results/store_error.h"
#include "results/trial_file.h"

namespace attempt::search {

std::optional<double> best_validation(const results::TrialRecord& record) {
  const std::vector<double>& selection = record.evaluations.selection;
  if (selection.empty()) return std::nullopt;
  return *std::max_element(selection.begin(), selection.end());
}

double validation_score(const results::StudyFolder& folder, const std::string& trial_id) {
  const auto best = best_validation(results::read_trial_histories(folder.trial(trial_id)));
  if (!best) {
    throw results::StoreError(folder.trial(trial_id).string(),
                              "has no evaluation (a search compares validation scores)");
  }
  return *best;
}

ConfigurationScore score_of(const sweep::PlannedConfiguration& configuration, const EndOf& end_of) {
  ConfigurationScore score{ConfigurationStatus::kComplete, 0};
  for (const std::string& id : configuration.trial_ids) {
    const std::optional<TrialEnd> end = end_of(id);
    if (!end) {
      score.status = ConfigurationStatus::kRunning;
    } else if (!end->has_succeeded) {
      return {ConfigurationStatus::kFailed, 0};
    } else {
      score.mean += end->score / static_cast<double>(configuration.trial_ids.size());
    }
  }
  return score;
}

std::int64_t best_of(const sweep::PlannedSearch& search, const EndOf& end_of) {
  std::int64_t best = -1;
  double best_mean = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < search.configurations.size(); ++i) {
    const ConfigurationScore score = score_of(search.configurations[i], end_of);
    if (score.status != ConfigurationStatus::kComplete || score.mean <= best_mean) continue;
    best = static_cast<std::int64_t>(i);
    best_mean = score.mean;
  }
  return best;
}

}  // namespace attempt::search
