#include "runner/cli/trainer_work.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "runner/cli/environment_error.h"
#include "runner/cli/trainer_path.h"

namespace attempt::cli {

void become_trainer(const nlohmann::json& request) {
  const std::string trainer = trainer_executable().string();
  const std::string text = request.dump();
  // A file in memory that the trainer inherits: an argument may not be longer than 128 KiB.
  const int file = memfd_create("request", 0);
  if (file < 0 || write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw EnvironmentError(std::string("no memory for a request (") + std::strerror(errno) + ")");
  }
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  execl(trainer.c_str(), trainer.c_str(), "work", path.c_str(), static_cast<char*>(nullptr));
  throw EnvironmentError(trainer + ": cannot be started (" + std::strerror(errno) + ")");
}

}  // namespace attempt::cli
