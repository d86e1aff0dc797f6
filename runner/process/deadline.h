#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

namespace attempt::process {

/// By when this process must be gone: the earlier of a limit of its own and the end of the Slurm
/// job that it runs in. Slurm is asked at once and then every minute by a thread, as an
/// administrator may change a job's time.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Deadline(std::optional<Clock::time_point> limit);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  std::optional<Clock::time_point> end() const;  ///< does not wait

 private:
  void ask_slurm();

  const std::optional<Clock::time_point> limit_;
  mutable std::mutex mutex_;
  std::condition_variable ending_;
  bool is_ending_ = false;
  std::optional<Clock::time_point> job_end_;
  std::thread thread_;
};

}  // namespace attempt::process
