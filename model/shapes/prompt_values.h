#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace attempt::model {

/// A ready-made prompt as plain numbers: [P, D], or [L, P, D] for every encoder layer; row-major.
struct PromptValues {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// Reads the only tensor of a .safetensors or .npy file (of several in a .safetensors file the one
/// called "prompt" or "prompts"), as float32. Untrusted input.
/// @return nothing for a .pt or .bin file: only LibTorch reads these.
/// @throws ModelError naming the file and what is wrong with it.
std::optional<PromptValues> read_prompt_values(const std::filesystem::path& path);

}  // namespace attempt::model
