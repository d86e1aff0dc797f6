#include "runner/schedule/heartbeats.h"

#include <algorithm>
#include <chrono>

#include "runner/mpi/mpi_error.h"
#include "runner/process/message.h"
#include "runner/schedule/io_thread.h"

namespace attempt::schedule {

namespace {

constexpr double kLongestIntervalSeconds = 5;
constexpr auto kLook = std::chrono::milliseconds(5);  // messages only move while somebody asks

void tell_all(mpi::Communicator& communicator, std::int64_t sequence) {
  const std::string text = process::encode(process::make_message(process::Heartbeat{sequence}));
  for (int rank = 1; rank < communicator.size(); ++rank) {
    try {
      communicator.send(rank, text);
    } catch (const mpi::MpiError&) {
      continue;  // gone: the manager will notice
    }
  }
}

}  // namespace

double heartbeat_interval(double timeout_seconds) {
  return std::min(kLongestIntervalSeconds, timeout_seconds / 5);
}

void work_with_heartbeats(mpi::Communicator& communicator, double timeout_seconds,
                          const std::function<void()>& work) {
  if (communicator.size() == 1) return work();
  using Clock = std::chrono::steady_clock;
  IoThread thread;
  std::future<void> done = thread.run(work);
  const std::chrono::duration<double> interval(heartbeat_interval(timeout_seconds));
  Clock::time_point last;
  for (std::int64_t sequence = 1; done.wait_for(kLook) != std::future_status::ready;) {
    if (const Clock::time_point now = Clock::now(); now - last > interval) {
      last = now;
      tell_all(communicator, sequence++);
    }
    while (communicator.receive()) continue;
  }
  done.get();
}

}  // namespace attempt::schedule
