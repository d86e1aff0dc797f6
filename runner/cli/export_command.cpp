#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <iostream>

#include "results/export.h"
#include "results/prompt_card.h"
#include "runner/cli/commands.h"
#include "runner/cli/study_grade.h"
#include "runner/cli/study_view.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

results::ExportFormat format_named(const std::string& name) {
  if (name == "csv") return results::ExportFormat::kCsv;
  if (name == "json") return results::ExportFormat::kJson;
  throw UsageError("--format is '" + name + "' (must be csv or json)");
}

results::ExportWhat what_named(const std::string& name) {
  if (name == "trials") return results::ExportWhat::kTrials;
  if (name == "steps") return results::ExportWhat::kSteps;
  if (name == "evaluations") return results::ExportWhat::kEvaluations;
  throw UsageError("--what is '" + name + "' (must be trials, steps, evaluations or forecast)");
}

/// A row a trial that has finished: what was forecast of it and what it took, in seconds.
void export_forecast(const StudyView& study, results::ExportFormat format) {
  const auto forecasts = read_forecast(study.folder);
  const bool is_csv = format == results::ExportFormat::kCsv;
  nlohmann::json rows = nlohmann::json::array();
  if (is_csv) fmt::print("trial_id,method,tasks,seed,forecast,low,high,actual,measured\n");
  for (const StudyTrial& trial : study.trials) {
    const auto forecast = forecasts.find(trial.trial_id);
    const auto actual = study.seconds.find(trial.trial_id);
    const bool has_finished = study.status(trial.trial_id) == results::TrialStatus::kSucceeded;
    if (!has_finished || forecast == forecasts.end() || actual == study.seconds.end()) continue;
    const auto [low, middle, high] = forecast->second.interval();
    const std::string method = trial.variant.empty() ? trial.method : trial.variant;
    const std::string tasks = fmt::format("{}", fmt::join(trial.tasks, "+"));
    if (is_csv) {
      fmt::print("{},{},{},{},{:.3f},{:.3f},{:.3f},{:.3f},{}\n", trial.trial_id, method, tasks,
                 trial.seed, middle, low, high, actual->second, forecast->second.is_measured);
    } else {
      rows.push_back({{"trial_id", trial.trial_id},
                      {"method", method},
                      {"tasks", tasks},
                      {"seed", trial.seed},
                      {"forecast", middle},
                      {"low", low},
                      {"high", high},
                      {"actual", actual->second},
                      {"measured", forecast->second.is_measured}});
    }
  }
  if (!is_csv) fmt::print("{}\n", rows.dump(1));
  std::fflush(stdout);
}

int export_results(const Arguments& arguments) {
  const auto format = format_named(arguments.value("format", "csv"));
  if (arguments.value("what", "trials") == "forecast") {
    export_forecast(open_study(arguments.positional("DIR")), format);
    return kSuccess;
  }
  const auto what = what_named(arguments.value("what", "trials"));
  const StudyView study = open_study(arguments.positional("DIR"));
  std::vector<std::string> trial_ids;
  for (const StudyTrial& trial : study.trials) {
    if (study.status(trial.trial_id) == results::TrialStatus::kSucceeded) {
      trial_ids.push_back(trial.trial_id);
    }
  }
  if (arguments.has("cards")) {
    const std::string folder = arguments.value("cards");
    const std::size_t written = results::write_prompt_cards(study.folder, trial_ids, folder);
    fmt::print(stderr, "attempt: {} cards written to {}; {} finished trials.\n", written, folder,
               trial_ids.size());
    return kSuccess;
  }
  results::export_study(study.folder, trial_ids, format, what, std::cout);
  std::cout.flush();  // main sees whether that worked
  return kSuccess;
}

}  // namespace

Command export_command() {
  return {
      .spec = {.name = "export",
               .summary = "write the finished trials as CSV or JSON",
               .description = "Writes the finished trials of a study's current sweep to "
                              "standard output: a header line\n"
                              "and a row each (CSV), or an array of objects (JSON). "
                              "results/README.md lists the columns.",
               .positionals = {{"DIR", "folder of the study"}},
               .options = {{"format", "csv|json", "default csv"},
                           {"what", "WHAT",
                            "trials (default): a row a trial with its test metrics;\n"
                            "steps: a row an optimiser step; evaluations: a row a validation;\n"
                            "forecast: seconds that were forecast of a trial, and that it took"},
                           {"cards", "FOLDER",
                            "write a card a trial that kept a prompt instead: task, backbone,\n"
                            "steps, score, licence note (Markdown)"}},
               .examples = {"attempt export studies/paper --format csv > paper.csv",
                            "attempt export studies/paper --format json --what evaluations"}},
      .run = export_results};
}

}  // namespace attempt::cli
