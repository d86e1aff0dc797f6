#include "runner/train/checkpoint_writer.h"

#include <algorithm>

namespace attempt::train {

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

constexpr double kWriteTimesPerInterval = 100;

}  // namespace

CheckpointWriter::CheckpointWriter(results::StudyFolder folder, Attempt attempt,
                                   double every_seconds)
    : folder_(std::move(folder)), attempt_(std::move(attempt)), interval_seconds_(every_seconds) {}

bool CheckpointWriter::is_due() const { return seconds_since(last_) >= interval_seconds_; }

void CheckpointWriter::write(results::Checkpoint checkpoint) {
  checkpoint.run_id = attempt_.run_id;
  checkpoint.attempt = attempt_.number;
  const Clock::time_point start = Clock::now();
  results::write_checkpoint(folder_, checkpoint);
  interval_seconds_ = std::max(interval_seconds_, kWriteTimesPerInterval * seconds_since(start));
  last_ = Clock::now();
}

}  // namespace attempt::train
