#pragma once

#include <filesystem>
#include <string>

namespace attempt::train {

/// Folder on this node's own disk that large inputs are copied to (ATTEMPT_STAGE); "": they are
/// read where they lie.
std::filesystem::path stage_folder();

/// `original`, a file or a folder of a backbone, copied to stage_folder()/key: once a node, however
/// many trainers ask at the same time, as all but the first wait for its lock. The original itself
/// where nothing is staged, or where there is no room for a copy.
/// @param key  names the content: a copy that is there is taken for it
std::filesystem::path staged(const std::filesystem::path& original, const std::string& key);

}  // namespace attempt::train
