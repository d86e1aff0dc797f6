#pragma once

#include <filesystem>
#include <vector>

#include "model/method.h"

namespace attempt::model {

/// Writes tensors in their own types (F32, BF16, F16) as one safetensors file, in the order given.
/// The file appears whole or not at all. Equal tensors give equal bytes.
/// @throws ModelError when it cannot be written.
void write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors);

}  // namespace attempt::model
