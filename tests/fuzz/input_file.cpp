#include "tests/fuzz/input_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace attempt::fuzz {

namespace fs = std::filesystem;

namespace {

/// A folder of this process in memory where there is one, else on disk.
class Folder {
 public:
  Folder() {
    const bool has_memory = access("/dev/shm", W_OK) == 0;
    std::string name =
        (has_memory ? fs::path("/dev/shm") : fs::temp_directory_path()) / "attempt-fuzz-XXXXXX";
    require(mkdtemp(name.data()) != nullptr, "a temporary folder can be made");
    path_ = name;
  }
  ~Folder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

const fs::path& as_file(const char* name, const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  static const fs::path path = folder.path() / name;
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  require(descriptor >= 0, "the input can be written");
  require(write(descriptor, data, size) == static_cast<ssize_t>(size), "the input can be written");
  close(descriptor);
  return path;
}

void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace attempt::fuzz
