#include "runner/process/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace attempt::process {

namespace {

constexpr std::array kStopSignals = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2};

volatile std::sig_atomic_t received_signal = 0;
volatile std::sig_atomic_t received_count = 0;
volatile std::sig_atomic_t wake_descriptor = -1;

void note_signal(int signal) {
  const int saved_errno = errno;
  received_signal = signal;
  received_count = received_count + 1;
  const char byte = 0;
  [[maybe_unused]] const ssize_t ignored = ::write(wake_descriptor, &byte, 1);
  errno = saved_errno;
}

}  // namespace

struct StopSignals::Saved {
  std::array<int, 2> pipe{};
  std::array<struct sigaction, kStopSignals.size()> actions{};
  struct sigaction broken_pipe {};
};

StopSignals::StopSignals() : saved_(new Saved) {
  if (::pipe2(saved_->pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    delete saved_;
    throw std::runtime_error("no pipe (too many open files?). Raise `ulimit -n`.");
  }
  received_signal = 0;
  received_count = 0;
  wake_descriptor = saved_->pipe[1];
  struct sigaction action {};
  action.sa_handler = note_signal;
  sigset_t heard;  // who started this process may have blocked them
  sigemptyset(&heard);
  for (std::size_t i = 0; i < kStopSignals.size(); ++i) {
    sigaction(kStopSignals[i], &action, &saved_->actions[i]);
    sigaddset(&heard, kStopSignals[i]);
  }
  pthread_sigmask(SIG_UNBLOCK, &heard, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &saved_->broken_pipe);
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < kStopSignals.size(); ++i) {
    sigaction(kStopSignals[i], &saved_->actions[i], nullptr);
  }
  sigaction(SIGPIPE, &saved_->broken_pipe, nullptr);
  wake_descriptor = -1;
  ::close(saved_->pipe[0]);
  ::close(saved_->pipe[1]);
  delete saved_;
}

int StopSignals::received() { return received_signal; }
int StopSignals::count() { return received_count; }
int StopSignals::descriptor() const { return saved_->pipe[0]; }

}  // namespace attempt::process
