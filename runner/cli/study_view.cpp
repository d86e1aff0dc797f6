#include "runner/cli/study_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "results/publish.h"
#include "results/sealed_text.h"
#include "results/store_error.h"
#include "runner/cli/usage_error.h"
#include "runner/schedule/plan_queue.h"
#include "runner/sweep/search_output.h"

namespace attempt::cli {

namespace fs = std::filesystem;

fs::path study_plan_file(const results::StudyFolder& folder) {
  return folder.root() / "run" / "plan.json";
}

fs::path slurm_jobs_file(const results::StudyFolder& folder) {
  return folder.root() / "run" / "slurm_jobs";
}

namespace {

using Settings = std::shared_ptr<const std::vector<sweep::ValueOrigin>>;

Settings settings_from_json(const nlohmann::json& json) {
  std::vector<sweep::ValueOrigin> values;
  for (const nlohmann::json& value : json) {
    values.push_back({value.at(0), value.at(1), value.at(2)});
  }
  return std::make_shared<const std::vector<sweep::ValueOrigin>>(std::move(values));
}

nlohmann::json settings_to_json(const std::vector<sweep::ValueOrigin>& values) {
  nlohmann::json json = nlohmann::json::array();
  for (const sweep::ValueOrigin& origin : values) {
    json.push_back({origin.key, origin.value, origin.layer});
  }
  return json;
}

/// What trials that differ in their seed alone share; stands once in the file.
/// @param settings  those of the plan, each once
StudyTrial kind_from_json(const nlohmann::json& json, const std::vector<Settings>& settings) {
  StudyTrial kind;
  kind.phase = json.at("phase");
  kind.method = json.at("method");
  kind.variant = json.at("variant");
  kind.label = json.at("label");
  kind.tasks = json.at("tasks").get<std::vector<std::string>>();
  kind.total_steps = json.at("total_steps");
  kind.estimated_seconds = json.at("estimated_seconds");
  kind.is_synthetic = json.at("synthetic");
  kind.metrics = json.at("metrics").get<std::vector<std::string>>();
  kind.few_shot_k = json.value("few_shot_k", std::int64_t{0});
  kind.values = settings.at(json.at("settings").get<std::size_t>());
  return kind;
}

StudyTrial trial_from_json(const nlohmann::json& json, const std::vector<StudyTrial>& kinds) {
  StudyTrial trial = kinds.at(json.at("kind").get<std::size_t>());
  trial.trial_id = json.at("trial_id");
  trial.seed = json.at("seed");
  trial.depends_on = json.at("depends_on").get<std::vector<std::string>>();
  return trial;
}

nlohmann::json kind_to_json(const sweep::PlannedTrial& planned, std::size_t settings) {
  const sweep::TrialSpec& spec = planned.spec;
  std::vector<std::string> tasks;
  std::vector<std::string> metrics;
  for (const sweep::TaskSpec& task : spec.tasks) {
    tasks.push_back(task.name);
    metrics.push_back(sweep::task_of(task).reported_metric);
  }
  return {{"phase", spec.phase},
          {"method", spec.method},
          {"variant", spec.variant},
          {"label", spec.label},
          {"tasks", tasks},
          {"metrics", metrics},
          {"total_steps", spec.train.total_steps},
          {"estimated_seconds", planned.estimated_seconds},
          {"synthetic", spec.synthetic},
          {"few_shot_k", spec.tasks.at(0).few_shot.k},
          {"settings", settings}};
}

std::string read_text(std::ifstream& in) {
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

/// "rte", "demo:rte", "rte, k = 4"
std::string column_of(const StudyTrial& trial, const std::string& task) {
  return fmt::format("{}{}{}", trial.is_synthetic ? "demo:" : "", task,
                     trial.few_shot_k > 0 ? fmt::format(", k = {}", trial.few_shot_k) : "");
}

}  // namespace

results::TrialStatus StudyView::status(const std::string& trial_id) const {
  const auto found = states.find(trial_id);
  return found == states.end() ? results::TrialStatus::kWaiting : found->second.status;
}

std::int64_t StudyView::pruned() const {
  return std::count_if(finished_early.begin(), finished_early.end(), [this](const auto& id) {
    return status(id) == results::TrialStatus::kSucceeded;
  });
}

std::map<std::string, std::string> StudyView::blocked() const {
  std::vector<std::pair<std::string, std::string>> open;  // trial, the failed one behind it
  for (const StudyTrial& trial : trials) {
    if (status(trial.trial_id) == results::TrialStatus::kFailed) {
      open.emplace_back(trial.trial_id, trial.trial_id);
    }
  }
  std::map<std::string, std::string> blocked;
  if (open.empty()) return blocked;
  std::unordered_map<std::string, std::vector<std::string>> dependents;
  for (const StudyTrial& trial : trials) {
    for (const std::string& needed : trial.depends_on) dependents[needed].push_back(trial.trial_id);
  }
  while (!open.empty()) {
    const auto [id, failed] = open.back();
    open.pop_back();
    for (const std::string& dependent : dependents[id]) {
      const bool is_waiting = status(dependent) == results::TrialStatus::kWaiting;
      if (is_waiting && blocked.emplace(dependent, failed).second) {
        open.emplace_back(dependent, failed);
      }
    }
  }
  return blocked;
}

std::string StudyView::reason_to_wait(const StudyTrial& trial,
                                      const std::map<std::string, std::string>& blocked) const {
  std::vector<std::string> unfinished;
  if (const auto found = blocked.find(trial.trial_id); found != blocked.end()) {
    return "blocked: it needs " + found->second + ", which failed";
  }
  for (const std::string& id : trial.depends_on) {
    if (status(id) != results::TrialStatus::kSucceeded) unfinished.push_back(id.substr(0, 8));
  }
  if (unfinished.empty()) return "for a free worker";
  return fmt::format("for {}", fmt::join(unfinished, ", "));
}

void write_study_plan(const results::StudyFolder& folder, const sweep::Plan& plan) {
  nlohmann::json trials = nlohmann::json::array();
  nlohmann::json settings = nlohmann::json::array();
  nlohmann::json kinds = nlohmann::json::array();
  std::unordered_map<const void*, std::size_t> settings_places;
  std::unordered_map<std::string, std::size_t> kind_places;
  for (const sweep::PlannedTrial& planned : plan.trials) {
    const auto [of_settings, has_new_settings] =
        settings_places.emplace(planned.values.get(), settings.size());
    if (has_new_settings) settings.push_back(settings_to_json(*planned.values));
    nlohmann::json kind = kind_to_json(planned, of_settings->second);
    const auto [of_kind, is_new_kind] = kind_places.emplace(kind.dump(), kinds.size());
    if (is_new_kind) kinds.push_back(std::move(kind));
    trials.push_back({{"trial_id", planned.spec.trial_id},
                      {"kind", of_kind->second},
                      {"seed", planned.spec.seed},
                      {"depends_on", planned.spec.depends_on}});
  }
  nlohmann::json json = {{"name", plan.name},
                         {"warnings", plan.warnings},
                         {"planned_on_slots", schedule::is_planned_on_slots(plan)}};
  json["searches"] = sweep::searches_json(plan.searches);
  json["settings"] = std::move(settings);
  json["kinds"] = std::move(kinds);
  json["trials"] = std::move(trials);
  results::write_file_atomically(study_plan_file(folder), results::seal_json(std::move(json), 1));
}

StudyView open_study(const fs::path& root) {
  StudyView study{.folder = results::StudyFolder(root)};
  std::ifstream in(study_plan_file(study.folder));
  if (!in) {
    throw UsageError(root.string() + " is not the folder of a study (it holds no run/plan.json). " +
                     "Give the folder that `attempt run` printed, or that its --out named");
  }
  try {
    const nlohmann::json json = nlohmann::json::parse(read_text(in));
    study.name = json.at("name");
    study.warnings = json.at("warnings").get<std::vector<std::string>>();
    study.is_planned_on_slots = json.value("planned_on_slots", false);
    for (const nlohmann::json& search : json.value("searches", nlohmann::json::array())) {
      study.searches.push_back(sweep::search_of_json(search));
    }
    std::vector<Settings> settings;
    for (const nlohmann::json& values : json.at("settings")) {
      settings.push_back(settings_from_json(values));
    }
    std::vector<StudyTrial> kinds;
    for (const nlohmann::json& kind : json.at("kinds")) {
      kinds.push_back(kind_from_json(kind, settings));
    }
    for (const nlohmann::json& trial : json.at("trials")) {
      study.trials.push_back(trial_from_json(trial, kinds));
    }
  } catch (const std::out_of_range&) {
    throw results::StoreError(
        study_plan_file(study.folder).string(),
        "names settings or kinds that it does not hold. Run the study's `attempt run` "
        "again, it rewrites this file");
  } catch (const nlohmann::json::exception& error) {
    throw results::StoreError(
        study_plan_file(study.folder).string(),
        fmt::format("cannot be read ({}). Run the study's `attempt run` again, "
                    "it rewrites this file",
                    error.what()));
  }
  const results::EventHistory history = results::read_events(study.folder);
  study.damaged_event_lines = history.damaged_lines;
  study.states = results::fold_study_state(study.folder, history);
  study.finished_early = told_to_end(history.events);
  for (const results::Event& event : history.events) {
    if (event.type != "attempt_ended" || !event.data.is_object()) continue;
    const auto seconds = event.data.find("seconds");
    if (seconds != event.data.end() && seconds->is_number()) {
      study.seconds[event.trial_id] += seconds->get<double>();
    }
  }
  return study;
}

std::set<std::string> told_to_end(const std::vector<results::Event>& events) {
  std::set<std::string> told;
  for (const results::Event& event : events) {
    if (event.type == "trial_finished_early") told.insert(event.trial_id);
    if (event.type == "attempt_started") told.erase(event.trial_id);  // and is judged anew
  }
  return told;
}

const StudyTrial& find_trial(const StudyView& study, std::string_view text) {
  const StudyTrial* found = nullptr;
  for (const StudyTrial& trial : study.trials) {
    if (!trial.trial_id.starts_with(text)) continue;
    if (found != nullptr) {
      throw UsageError(fmt::format("'{}' begins more than one trial id ({}, {}). Give more of it",
                                   text, found->trial_id, trial.trial_id));
    }
    found = &trial;
  }
  if (found == nullptr || text.empty()) {
    throw UsageError(fmt::format("no trial '{}' in {}. `attempt status {}` lists the trials", text,
                                 study.folder.root().string(), study.folder.root().string()));
  }
  return *found;
}

results::ResultTable study_table(const StudyView& study, const results::Scores& scores) {
  std::vector<results::TableEntry> entries;
  for (const StudyTrial& trial : study.trials) {
    if (trial.phase != "target") continue;
    for (std::size_t i = 0; i < trial.tasks.size(); ++i) {
      const std::string& task = trial.tasks[i];
      entries.push_back({.trial_id = trial.trial_id,
                         .label = trial.label,
                         .column = column_of(trial, task),
                         .task = task,
                         .metric = trial.metrics.at(i)});
    }
  }
  results::ResultTable table = results::make_result_table(scores, entries);
  table.notes.insert(table.notes.end(), study.warnings.begin(), study.warnings.end());
  return table;
}

std::string describe(const StudyTrial& trial) {
  return fmt::format("{} on {}, {}seed {}", trial.label.empty() ? trial.method : trial.label,
                     fmt::join(trial.tasks, "+"),
                     trial.few_shot_k > 0 ? fmt::format("{} examples, ", trial.few_shot_k) : "",
                     trial.seed);
}

}  // namespace attempt::cli
