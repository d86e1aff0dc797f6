#include "runner/cli/search_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

#include "runner/config/sweep_file.h"
#include "runner/search/planned_space.h"
#include "runner/search/search_scores.h"

namespace attempt::cli {

namespace {

using TrialsById = std::unordered_map<std::string, const results::ReportTrial*>;

results::SearchKey key_of(const config::SearchDimension& dimension) {
  results::SearchKey key{.name = dimension.name,
                         .choices = {},
                         .low = dimension.low,
                         .high = dimension.high,
                         .is_log = dimension.is_log,
                         .is_integer = dimension.is_integer};
  for (const config::Value& choice : dimension.choices) {
    key.choices.push_back(config::to_toml(choice));
  }
  return key;
}

/// @param text  TOML
std::optional<double> value_of(const results::SearchKey& key, const std::string& text) {
  if (key.choices.empty()) return std::strtod(text.c_str(), nullptr);
  const auto found = std::find(key.choices.begin(), key.choices.end(), text);
  if (found == key.choices.end()) return std::nullopt;
  return static_cast<double>(found - key.choices.begin());
}

/// How a trial of a search ended; a file that cannot be read gives no score, as a failure does.
std::optional<search::TrialEnd> end_of(const std::string& id, const TrialsById& trials,
                                       const std::map<std::string, std::string>& blocked) {
  const auto found = trials.find(id);
  if (found == trials.end()) return std::nullopt;
  const results::ReportTrial& trial = *found->second;
  if (trial.record) {
    const std::optional<double> score = search::best_validation(*trial.record);
    return search::TrialEnd{score.has_value(), score.value_or(0)};
  }
  const bool is_lost = trial.entry.status == results::TrialStatus::kFailed ||
                       !trial.problem.empty() || blocked.contains(id);
  if (is_lost) return search::TrialEnd{};
  return std::nullopt;
}

results::SearchedStatus status_of(search::ConfigurationStatus status) {
  switch (status) {
    case search::ConfigurationStatus::kRunning:
      return results::SearchedStatus::kOpen;
    case search::ConfigurationStatus::kComplete:
      return results::SearchedStatus::kComplete;
    case search::ConfigurationStatus::kFailed:
      return results::SearchedStatus::kFailed;
  }
  return results::SearchedStatus::kOpen;
}

results::SearchedConfiguration configuration_of(const sweep::PlannedConfiguration& planned,
                                                const std::vector<results::SearchKey>& keys,
                                                const search::EndOf& end) {
  results::SearchedConfiguration configuration;
  configuration.trial_ids = planned.trial_ids;
  for (const results::SearchKey& key : keys) {
    const auto found = std::find_if(planned.values.begin(), planned.values.end(),
                                    [&](const auto& value) { return value.first == key.name; });
    configuration.values.push_back(found == planned.values.end() ? std::nullopt
                                                                 : value_of(key, found->second));
  }
  for (const std::string& id : planned.trial_ids) {
    const std::optional<search::TrialEnd> trial = end(id);
    if (trial && trial->has_succeeded) configuration.scores.push_back(trial->score);
  }
  const search::ConfigurationScore score = search::score_of(planned, end);
  configuration.status = status_of(score.status);
  configuration.mean = score.mean;
  return configuration;
}

/// Of the trials that the chosen configuration was trained anew in.
std::vector<double> fresh_scores(const sweep::PlannedSearch& planned,
                                 const results::StudyContent& content) {
  std::vector<double> scores;
  for (const results::ReportTrial& trial : content.trials) {
    const results::StudyEntry& entry = trial.entry;
    if (entry.phase != "target" || entry.label != planned.label || !trial.record) continue;
    if (entry.tasks.size() != 1 || entry.tasks[0] != planned.task) continue;
    if (const auto score = search::best_validation(*trial.record)) scores.push_back(*score);
  }
  return scores;
}

/// "rte", "demo:rte"
std::string task_text(const std::string& task, const results::StudyContent& content) {
  const bool is_synthetic =
      std::any_of(content.trials.begin(), content.trials.end(), [&](const auto& trial) {
        return trial.entry.is_synthetic && trial.entry.tasks == std::vector<std::string>{task};
      });
  return (is_synthetic ? "demo:" : "") + task;
}

results::SearchResult result_of(const sweep::PlannedSearch& planned, const config::SweepFile& sweep,
                                const results::StudyContent& content, const search::EndOf& end) {
  results::SearchResult result{
      .name = planned.name,
      .label = fmt::format("{} on {}", planned.label, task_text(planned.task, content)),
      .sampler = sweep.search.sampler,
      .pruner = planned.pruner,
      .keys = {},
      .configurations = {},
      .wanted = planned.wanted,
      .chosen = planned.chosen,
      .fresh_scores = {},
      .optuna = {}};
  for (const config::SearchDimension& dimension : search::planned_space(sweep, planned)) {
    result.keys.push_back(key_of(dimension));
  }
  for (const sweep::PlannedConfiguration& configuration : planned.configurations) {
    result.configurations.push_back(configuration_of(configuration, result.keys, end));
  }
  if (planned.chosen >= 0) result.fresh_scores = fresh_scores(planned, content);
  return result;
}

}  // namespace

void add_search_results(const StudyView& study, results::StudyContent& content) {
  if (study.searches.empty()) return;
  TrialsById trials;
  for (const results::ReportTrial& trial : content.trials) {
    trials.emplace(trial.entry.trial_id, &trial);
  }
  const std::map<std::string, std::string> blocked = study.blocked();
  const search::EndOf end = [&](const std::string& id) { return end_of(id, trials, blocked); };
  try {
    const config::SweepFile sweep = config::read_sweep(study.folder.sweep(), {});
    for (const sweep::PlannedSearch& planned : study.searches) {
      content.searches.push_back(result_of(planned, sweep, content, end));
    }
  } catch (const std::exception& error) {
    content.searches.clear();
    content.warnings.push_back(fmt::format("The searches are left out: {}", error.what()));
  }
}

}  // namespace attempt::cli
