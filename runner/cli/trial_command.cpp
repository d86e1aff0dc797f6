#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runner/cli/commands.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/trainer_path.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

int trial(const Arguments& arguments) {
  const std::string trainer = trainer_executable().string();
  const std::string spec = arguments.positional("SPEC.json");
  const std::string study = arguments.value("study", ".");
  if (access(spec.c_str(), R_OK) != 0) {
    throw UsageError(spec + ": cannot be read (" + std::strerror(errno) + ")");
  }
  // From here on the process is the trainer: its output, signals and exit code are the command's.
  execl(trainer.c_str(), trainer.c_str(), "trial", spec.c_str(), "--study", study.c_str(),
        static_cast<char*>(nullptr));
  throw EnvironmentError(trainer + ": cannot be started (" + std::strerror(errno) + ")");
}

}  // namespace

Command trial_command() {
  return {
      .spec =
          {.name = "trial",
           .summary = "run one trial in the foreground",
           .description = "Runs the trial that a spec file describes in this terminal, without "
                          "manager or MPI: for\n"
                          "debugging. A study keeps the specs of its trials in DIR/run/specs/.",
           .positionals = {{"SPEC.json", "a trial's specification"}},
           .options = {{"study", "DIR",
                        "study folder that holds its source trials and gets the\n"
                        "result (default: the current folder)"}},
           .examples = {"attempt trial studies/paper/run/specs/3f2a….json --study studies/paper"}},
      .run = trial};
}

}  // namespace attempt::cli
