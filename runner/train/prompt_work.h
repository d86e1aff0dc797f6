#pragma once

#include <nlohmann/json_fwd.hpp>

namespace attempt::train {

/// Does what `attempt prompt inspect|import|export` asks for; prints to standard output, errors of
/// single files to standard error.
/// @param request  {"work": "inspect", "files": [...], ...} as runner/cli/prompt_command.cpp makes
/// it
/// @return exit code
int run_prompt_work(const nlohmann::json& request);

}  // namespace attempt::train
