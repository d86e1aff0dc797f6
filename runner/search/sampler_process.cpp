#include "runner/search/sampler_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

extern char** environ;  // NOLINT: POSIX

namespace attempt::search {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLongestLine = 1 << 20;
constexpr std::size_t kQuoted = 200;  // of a line that cannot be read
constexpr int kLookMs = 100;          // between looks at cancel()

std::string first_part(const std::string& line) {
  return line.size() <= kQuoted ? line : line.substr(0, kQuoted) + "...";
}

}  // namespace

SamplerProcess::SamplerProcess(std::vector<std::string> command, std::filesystem::path log,
                               double limit_seconds)
    : name_(command.front()), log_(std::move(log)), limit_seconds_(limit_seconds) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    fail(fmt::format("cannot be started: {}", std::strerror(errno)));
  }
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  const int problem =
      ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  socket_ = ends[0];
  if (problem != 0) {
    pid_ = -1;
    ::close(socket_);
    fail(fmt::format("cannot be started: {}", std::strerror(problem)));
  }
}

SamplerProcess::~SamplerProcess() {
  ::close(socket_);
  ::kill(pid_, SIGKILL);  // it keeps nothing that could be lost
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void SamplerProcess::fail(const std::string& what) const {
  throw SamplerError(fmt::format("the sampler '{}' {}", name_, what),
                     fmt::format(" (its log: {}). The study is as it was: mend the sampler and run "
                                 "the same command again",
                                 log_.string()));
}

nlohmann::json SamplerProcess::ask(const nlohmann::json& question, const std::string& expected) {
  send(question.dump() + "\n");
  const std::string line = receive();
  const nlohmann::json answer = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || !answer.contains("type") || !answer["type"].is_string()) {
    fail(fmt::format("answered '{}', which is no message", first_part(line)));
  }
  if (answer["type"] == "error" && answer.contains("message") && answer["message"].is_string()) {
    fail("says: " + answer["message"].get<std::string>());
  }
  if (answer["type"] != expected) {
    fail(
        fmt::format("answered '{}' instead of a message of type '{}'", first_part(line), expected));
  }
  return answer;
}

void SamplerProcess::send(const std::string& line) {
  for (std::size_t sent = 0; sent < line.size();) {
    pollfd waited{socket_, POLLOUT, 0};
    if (::poll(&waited, 1, static_cast<int>(limit_seconds_ * 1000)) == 0) {
      fail(fmt::format("read nothing for {} s", limit_seconds_));
    }
    const ssize_t count =
        ::send(socket_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
    } else if (errno != EAGAIN && errno != EINTR) {
      return;  // it has left; what it said last, receive() reads
    }
  }
}

std::string SamplerProcess::receive() {
  const auto end = Clock::now() + std::chrono::duration<double>(limit_seconds_);
  std::array<char, 65536> bytes{};
  while (true) {
    if (const std::size_t length = in_.find('\n'); length != std::string::npos) {
      const std::string line = in_.substr(0, length);
      in_.erase(0, length + 1);
      return line;
    }
    if (in_.size() > kLongestLine) fail("answered a line of more than 1 MiB");
    if (is_cancelled_) fail("was not waited for, as the run ends");
    if (Clock::now() > end) fail(fmt::format("did not answer within {} s", limit_seconds_));
    pollfd waited{socket_, POLLIN, 0};
    if (::poll(&waited, 1, kLookMs) <= 0) continue;
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count > 0) {
      in_.append(bytes.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
      fail("has died" + (in_.empty() ? std::string() : " after '" + first_part(in_) + "'"));
    }
  }
}

}  // namespace attempt::search
