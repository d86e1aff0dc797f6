#pragma once

#include <cstdint>

#include "runner/process/message.h"

namespace attempt::schedule {

/// What an attempt's end means for its trial.
struct Judgement {
  process::OutcomeStatus status = process::OutcomeStatus::kFailed;
  bool is_final = false;  ///< trying again would give the same
  /// Rows of the micro-batches of the next attempt; 0: as before. The batch of an update stays what
  /// it was: the gradients of its parts are added.
  std::int64_t micro_batch = 0;
  bool runs_alone = false;  ///< from now on: whoever is to blame is found that way
  /// How many trials like this one may run together from now on; 0: as before.
  std::int64_t bundle_width = 0;
};

/// * out of memory: of several trials at once, half as many from now on; of one, half the
///   micro-batch, until it is one row. Costs no attempt;
/// * NaN, bad data, unfit weights or specification: final, they depend on nothing but the trial;
/// * a full or read-only disk, an attempt that was fenced off: faults of the machine, which cost no
///   attempt;
/// * what ended several trials at once and is none of these: costs no attempt, and each of them
/// goes
///   on by itself;
/// * everything else (exceptions, signals, CUDA errors, hangs) costs one.
/// @param micro_batch  rows at once in this attempt
Judgement judge(const process::Outcome& outcome, std::int64_t micro_batch);

}  // namespace attempt::schedule
