#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "model/shapes/prompt_values.h"

namespace attempt::sweep {

/// A ready-made prompt and the backbone that it belongs to.
struct PromptFile : model::PromptValues {
  std::string backbone;  ///< fingerprint; "" where the file does not say
};

/// Reads a prompt of a trial file (.h5), .safetensors or .npy file. Untrusted input.
/// @return nothing for a .pt file: only a trainer can read it.
/// @throws results::StoreError, model::ModelError naming the file and what is wrong with it.
std::optional<PromptFile> read_prompt_file(const std::filesystem::path& path);

}  // namespace attempt::sweep
