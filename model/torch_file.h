#pragma once

#include <filesystem>
#include <vector>

#include "model/method.h"

namespace attempt::model {

/// The tensors of a file of torch.save, on the CPU whatever device they were saved from: one tensor
/// (its name is ""), or a dictionary of tensors, sorted by name. Untrusted input: what the file may
/// call for and the sizes of its records are checked before LibTorch sees it. LibTorch's reader may
/// still end the process on a damaged pickle: try a file in a child process first.
/// @throws ModelError naming the file and what is wrong with it.
std::vector<NamedTensor> read_torch_file(const std::filesystem::path& path);

}  // namespace attempt::model
