#include "runner/train/checkpoint_writer.h"

#include <algorithm>

#include "results/lease.h"

namespace attempt::train {

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

constexpr double kWriteTimesPerInterval = 100;
/// Smaller ones are on disk in milliseconds.
constexpr std::size_t kBackgroundBytes = std::size_t{16} << 20;

std::size_t bytes_of(const results::Checkpoint& checkpoint) {
  std::size_t bytes = 0;
  for (const auto* arrays :
       {&checkpoint.parameters, &checkpoint.best_parameters, &checkpoint.optimizer}) {
    for (const results::NamedArray& array : *arrays) bytes += array.values.size() * sizeof(float);
  }
  return bytes;
}

}  // namespace

CheckpointWriter::CheckpointWriter(results::StudyFolder folder, Attempt attempt,
                                   double every_seconds)
    : folder_(std::move(folder)), attempt_(std::move(attempt)), interval_seconds_(every_seconds) {}

CheckpointWriter::~CheckpointWriter() {
  if (writing_.valid()) writing_.wait();
}

bool CheckpointWriter::is_due() const {
  const bool is_writing =
      writing_.valid() && writing_.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
  return !is_writing && seconds_since(last_) >= interval_seconds_;
}

void CheckpointWriter::require_lease(const std::string& trial_id) const {
  if (!results::is_lease_ours(folder_, trial_id, {attempt_.run_id, attempt_.number})) {
    refuse_late(trial_id);
  }
}

void CheckpointWriter::refuse_late(const std::string& trial_id) const {
  throw TrialFailure("fenced", "attempt " + std::to_string(attempt_.number) + " of run " +
                                   attempt_.run_id + " came back late: another holds " + trial_id);
}

void CheckpointWriter::write(results::Checkpoint checkpoint) {
  finish();
  require_lease(checkpoint.trial_id);
  checkpoint.run_id = attempt_.run_id;
  checkpoint.attempt = attempt_.number;
  const bool is_large = bytes_of(checkpoint) > kBackgroundBytes;
  writing_ = std::async(is_large ? std::launch::async : std::launch::deferred,
                        [folder = folder_, checkpoint = std::move(checkpoint)] {
                          const Clock::time_point start = Clock::now();
                          results::write_checkpoint(folder, checkpoint);
                          return seconds_since(start);
                        });
  if (!is_large) finish();
  last_ = Clock::now();
}

void CheckpointWriter::finish() {
  if (!writing_.valid()) return;
  last_seconds_ = writing_to_disk([&] { return writing_.get(); });
  interval_seconds_ = std::max(interval_seconds_, kWriteTimesPerInterval * last_seconds_);
}

}  // namespace attempt::train
