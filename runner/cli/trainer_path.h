#pragma once

#include <filesystem>

namespace attempt::cli {

/// `attempt-trainer` beside the running executable. @throws EnvironmentError when it is not there.
std::filesystem::path trainer_executable();

/// The running executable itself.
std::filesystem::path own_executable();

}  // namespace attempt::cli
