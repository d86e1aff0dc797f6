#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace attempt::model {

/// Reads a ready-made prompt, [P, D] or [L, P, D], of whatever read_adapter reads: a .safetensors,
/// .npy or .pt file or a PEFT folder, as float32 on the CPU. Untrusted input.
/// @throws ModelError naming the file and what is wrong with it.
at::Tensor read_prompt_file(const std::filesystem::path& path);

}  // namespace attempt::model
