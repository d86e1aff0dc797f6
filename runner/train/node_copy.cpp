#include "runner/train/node_copy.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace attempt::train {

namespace fs = std::filesystem;

namespace {

/// Held until the end of its life or of the process. The disk is this node's own: locks work there.
class NodeLock {
 public:
  explicit NodeLock(const fs::path& path)
      : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (descriptor_ >= 0) ::flock(descriptor_, LOCK_EX);
  }
  ~NodeLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  NodeLock(const NodeLock&) = delete;
  NodeLock& operator=(const NodeLock&) = delete;

 private:
  int descriptor_;
};

/// Folders of backbones also hold the weights of other programs.
bool is_needed(const fs::path& file) {
  const std::string extension = file.extension().string();
  return extension == ".json" || extension == ".safetensors" || extension == ".model";
}

/// What links point to is copied: caches of hubs are made of links.
void copy_all(const fs::path& from, const fs::path& to) {
  if (!fs::is_directory(from)) {
    fs::copy_file(from, to);
    return;
  }
  fs::create_directory(to);
  for (const auto& entry : fs::directory_iterator(from)) {
    if (entry.is_regular_file() && is_needed(entry.path())) {
      fs::copy_file(entry.path(), to / entry.path().filename());
    }
  }
}

}  // namespace

fs::path stage_folder() {
  const char* folder = std::getenv("ATTEMPT_STAGE");
  return folder == nullptr ? fs::path() : fs::path(folder);
}

fs::path staged(const fs::path& original, const std::string& key) {
  if (stage_folder().empty() || key.empty()) return original;
  const fs::path copy = stage_folder() / key;
  const fs::path unfinished = copy.parent_path() / ("." + copy.filename().string() + ".part");
  std::error_code error;
  fs::create_directories(copy.parent_path(), error);
  const NodeLock lock(copy.parent_path() / ("." + copy.filename().string() + ".lock"));
  if (fs::exists(copy, error)) return copy;
  try {
    fs::remove_all(unfinished);  // of a process that was killed
    copy_all(original, unfinished);
    fs::rename(unfinished, copy);
    return copy;
  } catch (const fs::filesystem_error& problem) {
    std::fprintf(stderr, "not copied to this node, read where it lies: %s\n", problem.what());
    fs::remove_all(unfinished, error);
    return original;
  }
}

}  // namespace attempt::train
