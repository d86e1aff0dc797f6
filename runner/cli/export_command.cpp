#include <fmt/format.h>

#include <iostream>

#include "results/export.h"
#include "results/prompt_card.h"
#include "runner/cli/commands.h"
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
  throw UsageError("--what is '" + name + "' (must be trials, steps or evaluations)");
}

int export_results(const Arguments& arguments) {
  const auto format = format_named(arguments.value("format", "csv"));
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
  return {.spec = {.name = "export",
                   .summary = "write the finished trials as CSV or JSON",
                   .description = "Writes the finished trials of a study's current sweep to "
                                  "standard output: a header line\n"
                                  "and a row each (CSV), or an array of objects (JSON). "
                                  "results/README.md lists the columns.",
                   .positionals = {{"DIR", "folder of the study"}},
                   .options = {{"format", "csv|json", "default csv"},
                               {"what", "WHAT",
                                "trials (default): a row a trial with its test metrics;\n"
                                "steps: a row an optimiser step; evaluations: a row a validation"},
                               {"cards", "FOLDER",
                                "write a card a trial that kept a prompt instead: task, backbone,\n"
                                "steps, score, licence note (Markdown)"}},
                   .examples = {"attempt export studies/paper --format csv > paper.csv",
                                "attempt export studies/paper --format json --what evaluations"}},
          .run = export_results};
}

}  // namespace attempt::cli
