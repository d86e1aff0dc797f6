#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attempt::cli {

/// One thing that was tried, and how it went.
struct Finding {
  bool is_good = true;
  std::string what;     ///< "link(2)"
  std::string outcome;  ///< "works, 0.3 ms" or the problem with what to do
};

/// The folder, or the nearest one above it that exists.
std::filesystem::path existing_folder(const std::filesystem::path& folder);

/// Tries in a folder what the store of a study relies on: creating, link(2) refusing to overwrite,
/// rename, fsync of file and folder, its clock, free space. Leaves nothing behind; for a folder
/// that does not exist yet, tries the nearest one above it that does.
std::vector<Finding> check_folder(const std::filesystem::path& folder);

}  // namespace attempt::cli
