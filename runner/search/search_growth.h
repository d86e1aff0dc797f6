#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "results/study_folder.h"
#include "runner/config/sweep_file.h"
#include "runner/schedule/run_study.h"
#include "runner/search/proposals.h"
#include "runner/search/sampler_process.h"
#include "runner/search/search_scores.h"
#include "runner/sweep/plan.h"
#include "runner/sweep/search_space.h"
#include "runner/sweep/study_inputs.h"

namespace attempt::search {

/// Lets a study with [search] grow: asks an external sampler for configurations as others end, and
/// adds the trials of the chosen ones. The plan stays a function of the sweep and of what its
/// searches have come to, so it is expanded again whenever that changes.
class SearchGrowth final : public schedule::StudyGrowth {
 public:
  /// Reads nothing of the study's folder, which another run may still hold: grow() does.
  /// @param keep_plan  told the whole plan whenever it has grown, e.g. to write run/plan.json
  SearchGrowth(config::SweepFile sweep, std::unique_ptr<sweep::StudyInputs> inputs,
               results::StudyFolder folder, std::function<void(const sweep::Plan&)> keep_plan);

  sweep::Plan grow(const std::vector<schedule::EndedTrial>& ended) override;
  void cancel() override;

 private:
  void start(sweep::Plan& more);
  /// Expands the sweep as it stands now. @param more  gets the trials that are new
  void expand_into(sweep::Plan& more);
  /// @return whether it is new
  bool note_trial(const sweep::PlannedTrial& trial);
  /// Asks and chooses as far as the ends allow. @return whether anything changed.
  bool advance();
  void propose(const sweep::PlannedSearch& search);
  /// Configurations that the running sampler has not been told of, or not in this state.
  nlohmann::json news_of(const sweep::PlannedSearch& search);
  SamplerProcess& sampler();
  std::optional<TrialEnd> end_of(const std::string& trial_id);
  /// Failed, or waits for one that is lost.
  bool is_lost(const std::string& trial_id) const;
  std::vector<Proposal>& proposals(const sweep::PlannedSearch& search,
                                   const std::vector<config::SearchDimension>& dimensions);

  config::SweepFile sweep_;
  std::unique_ptr<sweep::StudyInputs> inputs_;
  results::StudyFolder folder_;
  std::function<void(const sweep::Plan&)> keep_plan_;
  bool is_started_ = false;
  sweep::Plan plan_;
  sweep::SearchStates states_;
  std::map<std::string, std::vector<std::string>> needs_;  ///< of every trial that is known
  std::map<std::string, bool> ends_;                       ///< trial id -> whether it succeeded
  std::map<std::string, double> scores_;                   ///< read so far
  std::optional<ProposalFile> proposals_;  ///< of an external sampler; read by start()
  std::map<std::string, std::vector<std::string>> told_;  ///< search -> states told, by number
  std::unique_ptr<SamplerProcess> sampler_;
  std::mutex mutex_;  ///< of sampler_, and of is_cancelled_
  bool is_cancelled_ = false;
};

}  // namespace attempt::search
