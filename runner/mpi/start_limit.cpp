#include "runner/mpi/start_limit.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>

namespace attempt::mpi {

namespace {

constexpr int kEnvironmentError = 3;

}  // namespace

StartLimit::StartLimit(double seconds) {
  // Signals are for the main thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, seconds] {
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return is_over_; })) {
      return;
    }
    std::fprintf(stderr,
                 "attempt: error: the ranks did not find each other within %.0f s (one of them "
                 "was lost while it started, or a host is out of reach). Run the same command "
                 "again; `attempt doctor` checks MPI.\n",
                 seconds);
    ::_exit(kEnvironmentError);
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

StartLimit::~StartLimit() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

}  // namespace attempt::mpi
