#include <cstdio>
#include <fstream>
#include <iostream>

#include "runner/cli/commands.h"
#include "runner/cli/study_view.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

int logs(const Arguments& arguments) {
  const StudyView study = open_study(arguments.positional("DIR"));
  const StudyTrial& trial = find_trial(study, arguments.positional("TRIAL"));
  const auto path = study.folder.trial_log(trial.trial_id);
  std::ifstream in(path);
  if (!in) {
    const bool is_running = study.status(trial.trial_id) == results::TrialStatus::kRunning;
    std::fprintf(
        stderr, "attempt: %s has no log yet (%s).\n", describe(trial).c_str(),
        is_running ? "it runs, and nothing was to be told so far" : "it has not been started");
    return kSuccess;
  }
  if (in.peek() != std::ifstream::traits_type::eof()) std::cout << in.rdbuf();
  std::cout.flush();
  return kSuccess;
}

}  // namespace

Command logs_command() {
  return {.spec = {.name = "logs",
                   .summary = "print the log of one trial",
                   .description =
                       "Prints the log that the trainers of a trial wrote, over all its attempts.",
                   .positionals = {{"DIR", "folder of the study"},
                                   {"TRIAL", "trial id or an unambiguous beginning of it"}},
                   .options = {},
                   .examples = {"attempt logs studies/paper 3f2a"}},
          .run = logs};
}

}  // namespace attempt::cli
