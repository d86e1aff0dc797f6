#include "runner/search/search_growth.h"

#include <fmt/format.h>

#include <algorithm>

#include "results/event_log.h"
#include "results/study_files.h"
#include "runner/search/planned_space.h"
#include "runner/search/sampler_command.h"
#include "runner/sweep/expand.h"

namespace attempt::search {

namespace {

constexpr int kProtocolVersion = 1;

std::string status_text(ConfigurationStatus status) {
  return status == ConfigurationStatus::kRunning    ? "running"
         : status == ConfigurationStatus::kComplete ? "complete"
                                                    : "failed";
}

}  // namespace

SearchGrowth::SearchGrowth(config::SweepFile sweep, std::unique_ptr<sweep::StudyInputs> inputs,
                           results::StudyFolder folder,
                           std::function<void(const sweep::Plan&)> keep_plan)
    : sweep_(std::move(sweep)),
      inputs_(std::move(inputs)),
      folder_(std::move(folder)),
      keep_plan_(std::move(keep_plan)) {}

void SearchGrowth::cancel() {
  const std::lock_guard lock(mutex_);
  is_cancelled_ = true;
  if (sampler_) sampler_->cancel();
}

sweep::Plan SearchGrowth::grow(const std::vector<schedule::EndedTrial>& ended) {
  sweep::Plan more;
  const bool is_first = !is_started_;
  if (is_first) start(more);
  for (const schedule::EndedTrial& end : ended) ends_[end.trial_id] = end.has_succeeded;
  // What is chosen or proposed may have ended in an earlier run, so that more follows.
  while (advance()) expand_into(more);
  if (is_first || !more.trials.empty()) keep_plan_(plan_);
  return more;
}

void SearchGrowth::start(sweep::Plan& more) {
  if (!sweep_.search.is_native()) proposals_.emplace(folder_.root() / "run" / "search.json");
  is_started_ = true;
  plan_ = sweep::expand(sweep_, *inputs_);
  for (const sweep::PlannedTrial& trial : plan_.trials) note_trial(trial);
  for (const std::string& id : results::published_trials(folder_)) ends_[id] = true;
  for (const auto& [id, state] :
       results::fold_study_state(folder_, results::read_events(folder_))) {
    if (state.status == results::TrialStatus::kFailed) ends_[id] = false;
  }
  if (sweep_.search.is_native()) return;
  for (const sweep::PlannedSearch& search : plan_.searches) {
    const auto dimensions = planned_space(sweep_, search);
    for (const Proposal& proposal : proposals(search, dimensions)) {
      states_[search.name].configurations.push_back(configuration_of(dimensions, proposal.values));
    }
  }
  if (!states_.empty()) expand_into(more);
}

bool SearchGrowth::note_trial(const sweep::PlannedTrial& trial) {
  return needs_.emplace(trial.spec.trial_id, trial.spec.depends_on).second;
}

void SearchGrowth::expand_into(sweep::Plan& more) {
  plan_ = sweep::expand(sweep_, *inputs_, states_);
  more.prepare = plan_.prepare;
  for (const sweep::PlannedTrial& trial : plan_.trials) {
    if (!note_trial(trial)) continue;
    more.trials.push_back(trial);
  }
}

bool SearchGrowth::is_lost(const std::string& trial_id) const {
  const auto end = ends_.find(trial_id);
  if (end != ends_.end()) return !end->second;
  const auto needs = needs_.find(trial_id);
  return needs != needs_.end() &&
         std::any_of(needs->second.begin(), needs->second.end(),
                     [&](const std::string& needed) { return is_lost(needed); });
}

std::optional<TrialEnd> SearchGrowth::end_of(const std::string& trial_id) {
  if (trial_id.empty() || is_lost(trial_id)) return TrialEnd{false, 0};
  if (!ends_.contains(trial_id)) return std::nullopt;
  const auto [score, is_new] = scores_.try_emplace(trial_id, 0);
  if (is_new) score->second = validation_score(folder_, trial_id);
  return TrialEnd{true, score->second};
}

bool SearchGrowth::advance() {
  bool has_changed = false;
  for (const sweep::PlannedSearch& search : plan_.searches) {
    if (search.chosen >= 0) continue;
    const auto known = static_cast<std::int64_t>(search.configurations.size());
    std::int64_t running = 0;
    for (const sweep::PlannedConfiguration& configuration : search.configurations) {
      const auto score = score_of(configuration, [&](const auto& id) { return end_of(id); });
      running += score.status == ConfigurationStatus::kRunning;
    }
    if (known < search.wanted && !sweep_.search.is_native()) {
      const std::int64_t open = std::min(search.wanted - known, sweep_.search.pending - running);
      for (std::int64_t i = 0; i < open; ++i) propose(search);
      has_changed = has_changed || open > 0;
    } else if (running == 0) {
      const std::int64_t best = best_of(search, [&](const auto& id) { return end_of(id); });
      if (best < 0) continue;  // all failed, which the run's end tells
      states_[search.name].chosen = static_cast<std::size_t>(best);
      has_changed = true;
    }
  }
  return has_changed;
}

void SearchGrowth::propose(const sweep::PlannedSearch& search) {
  const auto dimensions = planned_space(sweep_, search);
  auto& configurations = states_[search.name].configurations;
  const nlohmann::json answer = sampler().ask({{"type", "ask"},
                                               {"search", search.name},
                                               {"number", configurations.size()},
                                               {"trials", news_of(search)}},
                                              "proposal");
  const nlohmann::json values = answer.value("values", nlohmann::json());
  try {
    configurations.push_back(configuration_of(dimensions, values));
  } catch (const std::runtime_error& error) {
    throw SamplerError(
        fmt::format("the sampler of [search] proposed {} for {}, which is not of its space: {}. "
                    "The study is as "
                    "it was: mend the sampler and run the same command again",
                    values.dump(), search.name, error.what()));
  }
  proposals(search, dimensions).push_back({values, answer.value("memory", nlohmann::json())});
  proposals_->save();
  told_[search.name].push_back("running");
}

nlohmann::json SearchGrowth::news_of(const sweep::PlannedSearch& search) {
  nlohmann::json news = nlohmann::json::array();
  const auto& made = proposals(search, planned_space(sweep_, search));
  std::vector<std::string>& told = told_[search.name];
  for (std::size_t i = 0; i < search.configurations.size(); ++i) {
    const auto score =
        score_of(search.configurations[i], [&](const auto& id) { return end_of(id); });
    const std::string state = status_text(score.status);
    if (i < told.size() && told[i] == state) continue;
    nlohmann::json line = {{"number", i},
                           {"state", state},
                           {"values", made.at(i).values},
                           {"memory", made.at(i).memory}};
    if (score.status == ConfigurationStatus::kComplete) line["score"] = score.mean;
    news.push_back(std::move(line));
    told.resize(std::max(told.size(), i + 1));
    told[i] = state;
  }
  return news;
}

std::vector<Proposal>& SearchGrowth::proposals(
    const sweep::PlannedSearch& search, const std::vector<config::SearchDimension>& dimensions) {
  return proposals_->of(search.name, space_json(dimensions),
                        fmt::format("{} {}", sweep_.search.sampler, sweep_.search.seed));
}

SamplerProcess& SearchGrowth::sampler() {
  if (sampler_) return *sampler_;
  nlohmann::json searches = nlohmann::json::object();
  for (const sweep::PlannedSearch& search : plan_.searches) {
    searches[search.name] = space_json(planned_space(sweep_, search));
  }
  auto process = std::make_unique<SamplerProcess>(sampler_command(sweep_.search),
                                                  folder_.logs() / "sampler.log",
                                                  sweep_.search.sampler_seconds);
  {
    const std::lock_guard lock(mutex_);
    sampler_ = std::move(process);
    if (is_cancelled_) sampler_->cancel();
  }
  sampler_->ask({{"type", "start"},
                 {"version", kProtocolVersion},
                 {"seed", sweep_.search.seed},
                 {"direction", "maximize"},
                 {"searches", std::move(searches)}},
                "started");
  return *sampler_;
}

}  // namespace attempt::search
