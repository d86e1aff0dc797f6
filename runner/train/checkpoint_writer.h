#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "results/checkpoint_file.h"
#include "results/study_folder.h"

namespace attempt::train {

/// Says when a trial's checkpoint is due and writes it: every max(given interval, 100 times the
/// measured write time), so that checkpoints cost at most one percent.
class CheckpointWriter {
 public:
  struct Attempt {
    std::string run_id;
    std::int64_t number = 1;
  };

  CheckpointWriter(results::StudyFolder folder, Attempt attempt, double every_seconds);

  bool is_due() const;
  void write(results::Checkpoint checkpoint);

 private:
  using Clock = std::chrono::steady_clock;

  results::StudyFolder folder_;
  Attempt attempt_;
  double interval_seconds_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace attempt::train
