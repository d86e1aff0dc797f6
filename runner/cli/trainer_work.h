#pragma once

#include <nlohmann/json_fwd.hpp>

namespace attempt::cli {

/// Becomes the trainer, which does what `request` asks for: from here on its output, signals and
/// exit code are the command's. @throws EnvironmentError when it cannot be started.
[[noreturn]] void become_trainer(const nlohmann::json& request);

}  // namespace attempt::cli
