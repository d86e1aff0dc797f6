#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace attempt::model {

/// Writes a tensor as NumPy's own format, version 1: little-endian float32 in C order.
/// @throws ModelError when it cannot be written.
void write_npy(const std::filesystem::path& path, const at::Tensor& tensor);

}  // namespace attempt::model
