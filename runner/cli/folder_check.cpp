#include "runner/cli/folder_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double kClockSeconds = 10;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

Finding good(const std::string& what, Clock::time_point start) {
  return {true, what, fmt::format("works, {:.1f} ms", milliseconds_since(start))};
}

Finding bad(const std::string& what, const std::string& consequence) {
  return {false, what, fmt::format("fails: {} ({})", std::strerror(errno), consequence)};
}

bool sync_path(const fs::path& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool is_synced = fsync(descriptor) == 0;
  close(descriptor);
  return is_synced;
}

Finding check_link(const fs::path& file, const fs::path& linked) {
  const auto start = Clock::now();
  if (link(file.c_str(), linked.c_str()) != 0) {
    return bad("link(2)",
               "results are published by link; choose a file system that has hard links");
  }
  if (link(file.c_str(), linked.c_str()) == 0 || errno != EEXIST) {
    return {false, "link(2)",
            "overwrites an existing name: two attempts could publish one trial; choose another "
            "file system"};
  }
  return good("link(2)", start);
}

Finding check_space(const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error) return {false, "free space", error.message()};
  const double gib = static_cast<double>(space.available) / (1024.0 * 1024.0 * 1024.0);
  return {gib >= 1, "free space", fmt::format("{:.1f} GiB", gib)};
}

/// Files get their times from the file server. Nothing relies on clocks, but people compare times.
Finding check_clock(const fs::path& new_file) {
  struct stat file {};
  struct timespec now {};
  if (stat(new_file.c_str(), &file) != 0) return bad("clock", "a file's time cannot be read");
  clock_gettime(CLOCK_REALTIME, &now);
  const double ahead = static_cast<double>(file.st_mtim.tv_sec - now.tv_sec) +
                       static_cast<double>(file.st_mtim.tv_nsec - now.tv_nsec) * 1e-9;
  const bool is_good = std::abs(ahead) < kClockSeconds;
  return {is_good, "clock",
          fmt::format("files are {:.1f} s {} this machine's clock{}", std::abs(ahead),
                      ahead > 0 ? "ahead of" : "behind",
                      is_good ? "" : " (times in logs and `status` will not fit together)")};
}

}  // namespace

fs::path existing_folder(const fs::path& folder) {
  fs::path existing = fs::absolute(folder).lexically_normal();
  std::error_code error;
  while (!fs::exists(existing, error) && existing.has_relative_path()) {
    existing = existing.parent_path();
  }
  return existing;
}

std::vector<Finding> check_folder(const fs::path& folder) {
  const fs::path existing = existing_folder(folder);
  std::error_code error;
  std::string scratch = (existing / ".attempt-doctor-XXXXXX").string();
  if (mkdtemp(scratch.data()) == nullptr) {
    return {bad("writing", folder.string() + " cannot be written; check permissions and quota")};
  }
  const fs::path file = fs::path(scratch) / "file";
  std::vector<Finding> findings;

  auto start = Clock::now();
  const int descriptor = open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  const bool is_written = descriptor >= 0 && write(descriptor, "attempt", 7) == 7;
  if (descriptor >= 0) close(descriptor);
  findings.push_back(is_written ? good("writing", start)
                                : bad("writing", "nothing can be stored here"));
  if (is_written) {
    findings.push_back(check_clock(file));
    start = Clock::now();
    const bool is_synced = sync_path(file, O_RDONLY) && sync_path(scratch, O_RDONLY | O_DIRECTORY);
    findings.push_back(is_synced ? good("fsync", start)
                                 : bad("fsync", "finished work may be lost when a machine dies"));
    findings.push_back(check_link(file, fs::path(scratch) / "linked"));
    start = Clock::now();
    const bool is_renamed = rename(file.c_str(), (fs::path(scratch) / "renamed").c_str()) == 0;
    findings.push_back(is_renamed ? good("rename(2)", start)
                                  : bad("rename(2)", "state files cannot be replaced"));
  }
  findings.push_back(check_space(existing));
  fs::remove_all(scratch, error);
  return findings;
}

}  // namespace attempt::cli
