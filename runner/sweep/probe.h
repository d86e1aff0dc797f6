#pragma once

#include <cstdint>

#include "runner/sweep/draft.h"

namespace attempt::sweep {

/// The trial whose prompt stands for a target task when SPoT compares source prompts with it.
struct Probe {
  Draft draft;
  AxisPoint point;
};

/// A short prompt tuning on the target's task that is trained as the source prompts are and starts
/// from the same rows: with other rows, similarities would compare the draws. A source trial, so
/// that all SPoT trials of the task share it and no table shows it; methods.md section 6.1.
/// @param source_seed   seed of the source prompts
/// @param source_point  point of the source axes
Probe probe_of(const Draft& target, std::int64_t steps, std::uint64_t source_seed,
               const AxisPoint& source_point);

}  // namespace attempt::sweep
