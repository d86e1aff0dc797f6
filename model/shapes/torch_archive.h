#pragma once

#include <filesystem>
#include <string_view>

namespace attempt::model {

/// Looks at a file of torch.save before LibTorch reads it, and executes nothing: a ZIP archive of
/// plain (stored) records that lie inside the file, and a pickle that builds tensors out of them
/// and names no other function or class. Untrusted input.
/// @throws ModelError naming the record and what is wrong with it.
void check_torch_archive(const std::filesystem::path& path);

/// The same for a pickle alone. @throws ModelError about `file`.
void check_tensor_pickle(const std::string& file, std::string_view pickle);

}  // namespace attempt::model
