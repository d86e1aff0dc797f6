#include "results/child_check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>

namespace attempt::results {

namespace {

constexpr std::size_t kLongestProblem = 2000;  // a pipe takes it at once

[[noreturn]] void be_child(const std::function<void()>& check, int seconds, int pipe) {
  ::signal(SIGALRM, SIG_DFL);
  ::alarm(static_cast<unsigned>(seconds));
  std::string problem;
  try {
    check();
  } catch (const std::exception& error) {
    problem = std::string(error.what()).substr(0, kLongestProblem);
  }
  [[maybe_unused]] const ssize_t ignored = ::write(pipe, problem.data(), problem.size());
  ::_exit(problem.empty() ? 0 : 1);
}

std::string read_all(int pipe) {
  std::string text;
  std::array<char, 4096> bytes{};
  while (true) {
    const ssize_t count = ::read(pipe, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string problem_in_child(const std::function<void()>& check, int seconds) {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return std::string("no pipe (") + std::strerror(errno) + ")";
  const pid_t child = ::fork();
  if (child == 0) be_child(check, seconds, pipe[1]);
  ::close(pipe[1]);
  std::string problem =
      child < 0 ? std::string("no process (") + std::strerror(errno) + ")" : read_all(pipe[0]);
  ::close(pipe[0]);
  if (child < 0) return problem;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  if (WIFSIGNALED(status)) {
    return WTERMSIG(status) == SIGALRM
               ? "cannot be read within " + std::to_string(seconds) + " s"
               : std::string("reading it ends the process (") + ::strsignal(WTERMSIG(status)) + ")";
  }
  return problem.empty() ? "cannot be read" : problem;
}

}  // namespace attempt::results
