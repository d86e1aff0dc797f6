#include "results/abandoned.h"

#include <algorithm>
#include <system_error>

namespace attempt::results {

namespace fs = std::filesystem;

std::vector<fs::path> temporary_files(const StudyFolder& folder) {
  std::vector<fs::path> folders = {folder.root(),   folder.root() / "run",  folder.specs(),
                                   folder.trials(), folder.failed_folder(), folder.leases(),
                                   folder.tmp()};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder.checkpoints(), error)) {
    folders.push_back(entry.path());
  }
  std::vector<fs::path> found;
  for (const fs::path& place : folders) {
    for (const auto& entry : fs::directory_iterator(place, error)) {
      const std::string name = entry.path().filename().string();
      const bool is_temporary = name[0] == '.' && name.ends_with(".tmp");
      if (entry.is_regular_file(error) && (is_temporary || place == folder.tmp())) {
        found.push_back(entry.path());
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

void remove_abandoned(const StudyFolder& folder) {
  std::error_code error;
  std::vector<fs::path> finished;
  for (const auto& entry : fs::directory_iterator(folder.checkpoints(), error)) {
    if (fs::exists(folder.trial(entry.path().filename().string())))
      finished.push_back(entry.path());
  }
  for (const fs::path& place : finished) fs::remove_all(place, error);
  for (const fs::path& path : temporary_files(folder)) {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
}

}  // namespace attempt::results
