#include "runner/cli/trainer_path.h"

#include <unistd.h>

#include "runner/cli/environment_error.h"

namespace attempt::cli {

namespace fs = std::filesystem;

fs::path own_executable() { return fs::read_symlink("/proc/self/exe"); }

fs::path trainer_executable() {
  const fs::path trainer = own_executable().parent_path() / "attempt-trainer";
  if (access(trainer.c_str(), X_OK) != 0) {
    throw EnvironmentError(
        trainer.string() +
        ": the trainer is missing (it does the training and lies beside `attempt`). "
        "Build it with ./quickstart --build-only");
  }
  return trainer;
}

}  // namespace attempt::cli
