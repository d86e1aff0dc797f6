#include "runner/cli/study_forecast.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "results/store_error.h"
#include "runner/schedule/simulation.h"
#include "runner/schedule/speed_learner.h"
#include "runner/search/search_scores.h"
#include "runner/sweep/search_output.h"

namespace attempt::cli {

namespace {

using results::TrialStatus;

/// What trials take, by those that have finished. Trials that share their settings are of one kind.
schedule::SpeedLearner learner_of(const StudyView& study) {
  schedule::SpeedLearner learner;
  for (const StudyTrial& trial : study.trials) {
    const auto place = reinterpret_cast<std::uintptr_t>(trial.values.get());
    learner.add(trial.trial_id, std::to_string(place), trial.estimated_seconds);
  }
  for (const auto& [id, seconds] : study.seconds) {
    if (study.status(id) == TrialStatus::kSucceeded) learner.note(id, seconds);
  }
  return learner;
}

std::vector<schedule::QueueNode> nodes_of(const StudyView& study,
                                          const schedule::SpeedLearner& learner) {
  std::vector<schedule::QueueNode> nodes;
  std::unordered_set<std::string_view> known;
  for (const StudyTrial& trial : study.trials) known.insert(trial.trial_id);
  for (const StudyTrial& trial : study.trials) {
    schedule::QueueNode node;
    node.id = trial.trial_id;
    node.estimated_seconds = learner.expected_seconds(trial.trial_id);
    node.is_succeeded = study.status(node.id) == TrialStatus::kSucceeded;
    node.is_failed = study.status(node.id) == TrialStatus::kFailed;
    for (const std::string& needed : trial.depends_on) {
      if (!node.is_succeeded && known.contains(needed)) node.depends_on.push_back(needed);
    }
    nodes.push_back(std::move(node));
  }
  return nodes;
}

/// Score of a finished trial; nothing where its file cannot be read, which `verify` is for.
std::optional<double> score_of_trial(const StudyView& study, const std::string& id) {
  const std::optional<double>& told = study.states.at(id).validation;
  if (told) return told;  // else of an older release, a shared store or a restored event file
  try {
    return search::validation_score(study.folder, id);
  } catch (const results::StoreError&) {
    return std::nullopt;
  }
}

/// Trials that run before this one if nothing else becomes ready, on as many slots as are busy.
std::int64_t ahead_of(const StudyView& study, const std::string& id) {
  schedule::TrialQueue queue(nodes_of(study, learner_of(study)), {});
  if (study.is_planned_on_slots) {
    const auto running =
        std::count_if(study.trials.begin(), study.trials.end(), [&](const StudyTrial& trial) {
          return study.status(trial.trial_id) == TrialStatus::kRunning;
        });
    queue.plan_on(running, [](const std::string&) { return 0; });
  }
  std::int64_t ahead = 0;
  for (auto next = queue.start_next(); next; next = queue.start_next()) {
    if (next->id == id) break;
    ahead += study.status(next->id) == TrialStatus::kWaiting;
  }
  return ahead;
}

std::string state_of(const StudyView& study, const std::string& id) {
  switch (study.status(id)) {
    case TrialStatus::kRunning:
      return "runs now";
    case TrialStatus::kFailed:
      return "has failed: " + study.states.at(id).reason;
    case TrialStatus::kSucceeded:
      return "is finished";
    case TrialStatus::kWaiting:
      break;
  }
  return "waits";
}

void explain(const StudyView& study, const StudyTrial& trial, int depth, std::string& text) {
  for (const std::string& id : trial.depends_on) {
    if (study.status(id) == TrialStatus::kSucceeded) continue;
    const StudyTrial& needed = find_trial(study, id);
    text += fmt::format("{:>{}}it needs {} ({}), which {}\n", "", 2 * depth, describe(needed),
                        id.substr(0, 8), state_of(study, id));
    if (study.status(id) == TrialStatus::kWaiting) explain(study, needed, depth + 1, text);
  }
}

}  // namespace

double spent_seconds(const StudyView& study) {
  double sum = 0;
  for (const auto& [id, seconds] : study.seconds) sum += seconds;
  return sum;
}

double finish_estimate(const StudyView& study, std::int64_t workers) {
  const std::int64_t devices = std::max<std::int64_t>(1, workers);
  const schedule::SpeedLearner learner = learner_of(study);
  double later = 0;
  for (const sweep::PlannedSearch& search : study.searches) later += search.later_seconds;
  const auto simulation = schedule::simulate(nodes_of(study, learner), devices,
                                             {.is_planned = study.is_planned_on_slots});
  return simulation.makespan + later * learner.ratio() / static_cast<double>(devices);
}

nlohmann::json best_so_far(const StudyView& study) {
  std::map<std::pair<std::string, std::string>, nlohmann::json> best;
  for (const StudyTrial& trial : study.trials) {
    if (trial.phase == "source" || study.status(trial.trial_id) != TrialStatus::kSucceeded)
      continue;
    const auto score = score_of_trial(study, trial.trial_id);
    if (!score) continue;
    const std::string method = trial.variant.empty() ? trial.method : trial.variant;
    const std::string task = fmt::format("{}", fmt::join(trial.tasks, "+"));
    nlohmann::json& line = best[{method, task}];
    if (!line.is_null() && line.at("validation") >= *score) continue;
    line = {
        {"method", method}, {"task", task}, {"validation", *score}, {"trial_id", trial.trial_id}};
  }
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [key, line] : best) list.push_back(line);
  return list;
}

std::string why_it_waits(const StudyView& study, const StudyTrial& trial) {
  std::string text = fmt::format("{} ({}) {}\n", describe(trial), trial.trial_id.substr(0, 8),
                                 state_of(study, trial.trial_id));
  if (study.status(trial.trial_id) != TrialStatus::kWaiting) return text;
  const std::size_t before = text.size();
  explain(study, trial, 1, text);
  if (text.size() == before) {
    text +=
        fmt::format("  for a free worker; {} trials go first\n", ahead_of(study, trial.trial_id));
  }
  return text;
}

}  // namespace attempt::cli
