#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace attempt::test {

/// Reference data beside the checkout (`../shared`, or $ATTEMPT_SHARED): real data sets, tokenizer,
/// goldens. Absent on most machines: tests that need it skip and say so.
std::optional<std::filesystem::path> shared_folder();

/// The project's own checkout, e.g. source_folder() / "tests/goldens".
std::filesystem::path source_folder();

/// A new empty folder, removed with everything in it at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& content);

}  // namespace attempt::test

/// First line of a test that needs the reference data.
#define ATTEMPT_REQUIRE_SHARED(folder)                                                     \
  const auto folder##_found = ::attempt::test::shared_folder();                            \
  if (!folder##_found) {                                                                   \
    GTEST_SKIP() << "needs ../shared (or $ATTEMPT_SHARED) with the real data and goldens"; \
  }                                                                                        \
  const std::filesystem::path folder = *folder##_found
