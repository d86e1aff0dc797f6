#include "runner/process/deadline.h"

#include <pthread.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>

#include "runner/process/slurm.h"

namespace attempt::process {

namespace {

constexpr auto kInterval = std::chrono::minutes(1);

}  // namespace

Deadline::Deadline(std::optional<Clock::time_point> limit) : limit_(limit) {
  if (std::getenv("SLURM_JOB_ID") == nullptr) return;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the thread that waits for them
  thread_ = std::thread([this] { ask_slurm(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Deadline::~Deadline() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  ending_.notify_one();
  thread_.join();
}

std::optional<Deadline::Clock::time_point> Deadline::end() const {
  const std::lock_guard lock(mutex_);
  if (!job_end_) return limit_;
  return limit_ ? std::min(*limit_, *job_end_) : *job_end_;
}

void Deadline::ask_slurm() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    lock.unlock();
    const std::optional<double> left = slurm_seconds_left();
    const Clock::time_point now = Clock::now();
    lock.lock();
    // A controller that does not answer has not changed the time.
    if (left && std::isinf(*left)) {
      job_end_.reset();  // an administrator took the limit away
    } else if (left) {
      job_end_ = now + std::chrono::milliseconds(static_cast<std::int64_t>(1000 * *left));
    }
    ending_.wait_for(lock, kInterval, [this] { return is_ending_; });
  }
}

}  // namespace attempt::process
