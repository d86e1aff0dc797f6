#include <cstdio>

#include "results/publish.h"
#include "runner/cli/commands.h"
#include "runner/cli/study_view.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

int stop(const Arguments& arguments) {
  const StudyView study = open_study(arguments.positional("DIR"));
  results::write_file_atomically(study.folder.stop_file(), "stop\n");
  std::puts(
      "Asked whoever runs this study to write checkpoints and leave; `attempt status` shows when.");
  return kSuccess;
}

}  // namespace

Command stop_command() {
  return {.spec = {.name = "stop",
                   .summary = "ask whoever runs a study to checkpoint and leave",
                   .description = "Leaves a mark in the study's folder that its manager sees "
                                  "within seconds, on whatever\n"
                                  "node it runs. Trainers write checkpoints, the run ends with "
                                  "exit code 75, and the same\n"
                                  "`attempt run` continues it.",
                   .positionals = {{"DIR", "folder of the study"}},
                   .options = {},
                   .examples = {"attempt stop studies/paper"}},
          .run = stop};
}

}  // namespace attempt::cli
