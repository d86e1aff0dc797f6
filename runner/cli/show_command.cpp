#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>

#include "results/trial_file.h"
#include "runner/cli/commands.h"
#include "runner/cli/study_view.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

std::string status_word(results::TrialStatus status) {
  switch (status) {
    case results::TrialStatus::kWaiting:
      return "waiting";
    case results::TrialStatus::kRunning:
      return "running";
    case results::TrialStatus::kSucceeded:
      return "succeeded";
    case results::TrialStatus::kFailed:
      return "failed";
  }
  return "unknown";
}

void print_settings(const StudyTrial& trial) {
  fmt::print("\nSettings (value, and the layer it came from)\n");
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (const sweep::ValueOrigin& origin : *trial.values) {
    key_width = std::max(key_width, origin.key.size());
    value_width = std::max(value_width, origin.value.size());
  }
  for (const sweep::ValueOrigin& origin : *trial.values) {
    fmt::print("  {:<{}}  {:<{}}  {}\n", origin.key, key_width, origin.value,
               std::min<std::size_t>(value_width, 40), origin.layer);
  }
}

void print_result(const results::TrialRecord& record) {
  if (record.phase == "search") {
    fmt::print("\nBest checkpoint: step {}; trials of a search are not tested\n",
               record.selected_step);
  } else {
    fmt::print("\nTest (best checkpoint, step {})\n", record.selected_step);
  }
  for (const auto& [task, result] : record.test) {
    for (const auto& [metric, value] : result.metrics) {
      fmt::print("  {:<12} {:<22} {:.4f}\n", task, metric, value);
    }
  }
  fmt::print(
      "\nCost: {:.1f} s training, {:.1f} s evaluation, {:.0f} MB peak, {:.1f} examples/s, {}\n",
      record.cost.train_seconds, record.cost.evaluation_seconds,
      static_cast<double>(record.cost.peak_memory_bytes) / 1e6, record.cost.examples_per_second,
      record.cost.device);
  if (!record.evaluations.step.empty()) fmt::print("\nValidation\n");
  for (std::size_t i = 0; i < record.evaluations.step.size(); ++i) {
    fmt::print("  step {:<8} selection {:.4f}\n", record.evaluations.step[i],
               record.evaluations.selection[i]);
  }
}

void print_history(const StudyView& study, const StudyTrial& trial) {
  fmt::print("\nHistory\n");
  for (const results::Event& event : results::read_events(study.folder).events) {
    if (event.trial_id != trial.trial_id) continue;
    fmt::print("  {}  {:<18} {}\n", event.time, event.type, event.data.dump());
  }
}

int show(const Arguments& arguments) {
  const StudyView study = open_study(arguments.positional("DIR"));
  const StudyTrial& trial = find_trial(study, arguments.positional("TRIAL"));
  const results::TrialStatus status = study.status(trial.trial_id);
  fmt::print("{}  {} ({})\n", trial.trial_id, describe(trial), trial.phase);
  fmt::print("Status: {}", status_word(status));
  const auto state = study.states.find(trial.trial_id);
  if (state != study.states.end() && !state->second.reason.empty()) {
    fmt::print(": {}", state->second.reason);
  }
  fmt::print("\nDepends on: {}\n", trial.depends_on.empty()
                                       ? "nothing"
                                       : fmt::format("{}", fmt::join(trial.depends_on, ", ")));
  print_settings(trial);
  if (status == results::TrialStatus::kSucceeded) {
    print_result(results::read_trial_histories(study.folder.trial(trial.trial_id)));
  }
  print_history(study, trial);
  fmt::print("\nFiles\n  {}\n  {}\n", study.folder.trial(trial.trial_id).string(),
             study.folder.trial_log(trial.trial_id).string());
  return kSuccess;
}

}  // namespace

Command show_command() {
  return {.spec = {.name = "show",
                   .summary = "one trial: settings with their origin, result, history, files",
                   .description = "Shows what one trial was asked to do, where each setting came "
                                  "from, how it went and\n"
                                  "where its files are.",
                   .positionals = {{"DIR", "folder of the study"},
                                   {"TRIAL", "trial id or an unambiguous beginning of it"}},
                   .options = {},
                   .examples = {"attempt show studies/paper 3f2a"}},
          .run = show};
}

}  // namespace attempt::cli
