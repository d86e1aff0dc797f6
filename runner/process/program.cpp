#include "runner/process/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>

extern char** environ;  // NOLINT: POSIX

namespace attempt::process {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kNotFound = 127;
constexpr int kSignalBase = 128;

struct Pipe {
  std::array<int, 2> ends = {-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) ends = {-1, -1};
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_end(std::size_t index) {
    if (ends.at(index) >= 0) ::close(ends.at(index));
    ends.at(index) = -1;
  }
};

/// Reads both pipes until they are closed. @return false when the time was over before.
bool read_all(Pipe& output, Pipe& errors, ProgramEnd& end, Clock::time_point until) {
  std::array<char, 4096> bytes{};
  while (output.ends[0] >= 0 || errors.ends[0] >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 2> waited = {pollfd{output.ends[0], POLLIN, 0},
                                    pollfd{errors.ends[0], POLLIN, 0}};
    ::poll(waited.data(), waited.size(), static_cast<int>(left.count()));
    for (std::size_t i = 0; i < waited.size(); ++i) {
      if (waited[i].revents == 0) continue;
      const ssize_t count = ::read(waited[i].fd, bytes.data(), bytes.size());
      if (count > 0) {
        (i == 0 ? end.output : end.errors).append(bytes.data(), static_cast<std::size_t>(count));
      } else {
        (i == 0 ? output : errors).close_end(0);
      }
    }
  }
  return true;
}

}  // namespace

ProgramEnd run_program(std::vector<std::string> command, std::chrono::milliseconds limit) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  Pipe output;
  Pipe errors;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, errors.ends[1], 2);
  pid_t pid = 0;
  const int problem =
      ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ProgramEnd end;
  if (problem != 0) {
    end.exit_code = kNotFound;
    return end;
  }
  output.close_end(1);
  errors.close_end(1);
  end.is_over_limit = !read_all(output, errors, end, Clock::now() + limit);
  if (end.is_over_limit) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : kSignalBase + WTERMSIG(status);
  return end;
}

std::filesystem::path find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path candidate = std::filesystem::path(folder) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

}  // namespace attempt::process
