#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

namespace attempt::mpi {

/// Ends the process with code 3 and a message, unless it is destroyed in time.
class StartLimit {
 public:
  explicit StartLimit(double seconds);
  ~StartLimit();
  StartLimit(const StartLimit&) = delete;
  StartLimit& operator=(const StartLimit&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace attempt::mpi
