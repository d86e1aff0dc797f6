#include "runner/process/channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace attempt::process {

namespace {

/// Longer lines are damage: the largest real message is an Outcome with its log lines.
constexpr std::size_t kMaxLineBytes = std::size_t{4} << 20;

}  // namespace

Channel::Channel(int descriptor) : descriptor_(descriptor) {
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
  ::fcntl(descriptor_, F_SETFD, FD_CLOEXEC);
}

Channel::~Channel() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Channel::Channel(Channel&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      is_open_(std::exchange(other.is_open_, false)),
      is_writable_(other.is_writable_),
      in_(std::move(other.in_)),
      out_(std::move(other.out_)) {}

Channel& Channel::operator=(Channel&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(is_open_, other.is_open_);
  std::swap(is_writable_, other.is_writable_);
  in_.swap(other.in_);
  out_.swap(other.out_);
  return *this;
}

bool Channel::send(const Message& message) {
  out_ += encode(message) + "\n";
  return flush();
}

bool Channel::flush() {
  while (!out_.empty() && is_open_) {
    const ssize_t count = ::send(descriptor_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      out_.erase(0, static_cast<std::size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      is_writable_ = false;
      break;
    }
  }
  if (!is_writable_) out_.clear();
  return is_open_ && is_writable_;
}

std::optional<Message> Channel::receive() {
  flush();
  std::array<char, 65536> bytes;
  std::size_t end = in_.find('\n');
  while (end == std::string::npos && is_open_) {
    const ssize_t count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (count > 0) {
      const std::size_t before = in_.size();
      in_.append(bytes.data(), static_cast<std::size_t>(count));
      end = in_.find('\n', before);
      if (end == std::string::npos && in_.size() > kMaxLineBytes) {
        is_open_ = false;
        throw std::runtime_error("a message longer than 4 MiB (the other end is damaged)");
      }
    } else if (count == 0) {
      is_open_ = false;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      is_open_ = false;
    }
  }
  if (end == std::string::npos) return std::nullopt;
  const std::string line = in_.substr(0, end);
  in_.erase(0, end + 1);
  return decode(line);
}

bool Channel::wait_readable(int timeout_ms) const {
  if (in_.find('\n') != std::string::npos || !is_open_) return true;
  pollfd waited{descriptor_, static_cast<short>(out_.empty() ? POLLIN : POLLIN | POLLOUT), 0};
  return ::poll(&waited, 1, timeout_ms) > 0;
}

bool Channel::is_open() const { return is_open_; }

ChannelPair make_channel_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::runtime_error("no socket pair (too many open files?). Raise `ulimit -n`.");
  }
  return {Channel(ends[0]), ends[1]};
}

}  // namespace attempt::process
