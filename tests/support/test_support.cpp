#include "tests/support/test_support.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace attempt::test {

namespace fs = std::filesystem;

std::optional<fs::path> shared_folder() {
  if (const char* given = std::getenv("ATTEMPT_SHARED"); given != nullptr && *given != '\0') {
    return fs::path(given);
  }
  const fs::path beside = source_folder().parent_path() / "shared";
  if (fs::exists(beside / "data")) return beside;
  return std::nullopt;
}

fs::path source_folder() { return fs::path(ATTEMPT_SOURCE_FOLDER); }

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "attempt-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_file(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << content;
  if (!out) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace attempt::test
