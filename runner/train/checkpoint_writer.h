#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <string>

#include "results/checkpoint_file.h"
#include "results/store_error.h"
#include "results/study_folder.h"
#include "runner/train/trial_failure.h"

namespace attempt::train {

/// Says when a trial's checkpoint is due and writes it: every max(given interval, 100 times the
/// measured write time), so that checkpoints cost at most one percent. A large one is written by a
/// thread while training goes on: nothing else may use HDF5 until finish().
///
/// All of it throws TrialFailure: "fenced" when a newer attempt holds the trial, "disk" when the
/// disk refuses.
class CheckpointWriter {
 public:
  struct Attempt {
    std::string run_id;
    std::int64_t number = 1;
  };

  CheckpointWriter(results::StudyFolder folder, Attempt attempt, double every_seconds);
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  bool is_due() const;
  void write(results::Checkpoint checkpoint);
  /// Waits until what was given is on disk.
  void finish();
  double last_seconds() const { return last_seconds_; }  ///< of the last write; 0: none yet

  /// Before anything of this attempt is kept.
  void require_lease(const std::string& trial_id) const;
  [[noreturn]] void refuse_late(const std::string& trial_id) const;

 private:
  using Clock = std::chrono::steady_clock;

  results::StudyFolder folder_;
  Attempt attempt_;
  double interval_seconds_;
  double last_seconds_ = 0;
  Clock::time_point last_ = Clock::now();
  std::future<double> writing_;  ///< its seconds
};

/// Turns a refusal of the disk into TrialFailure "disk", which costs the trial no attempt.
template <typename Function>
auto writing_to_disk(Function write) {
  try {
    return write();
  } catch (const results::StoreError& error) {
    throw TrialFailure("disk", error.what());
  }
}

}  // namespace attempt::train
