#pragma once

#include <nlohmann/json_fwd.hpp>

namespace attempt::train {

/// Does what `attempt prompt similarity` asks for: how alike prompts are, and with the trials of a
/// study how far that agrees with attention over sources and with what transfer gained.
/// @param request  "files": trained files; "format": "table" | "csv" | "json"
/// @return exit code: 2 when a file was refused
int run_similarity_work(const nlohmann::json& request);

}  // namespace attempt::train
