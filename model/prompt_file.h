#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace attempt::model {

/// Reads a ready-made prompt: the only [P, D] or [L, P, D] tensor of a .safetensors, .npy or .pt
/// file, as float32 on the CPU. Untrusted input.
/// @throws ModelError naming the file and what is wrong with it.
at::Tensor read_prompt_file(const std::filesystem::path& path);

}  // namespace attempt::model
