#pragma once

#include <cstdint>
#include <string>

namespace attempt::train {

enum class ScheduleKind { kLinear, kConstant, kConstantWithWarmup };

/// Factor on every learning rate of a trial, by the index of the update (from 0).
/// Source: get_linear_schedule_with_warmup and its siblings of transformers 4.6.0.
struct LearningRateSchedule {
  ScheduleKind kind = ScheduleKind::kLinear;
  std::int64_t warmup_steps = 0;  ///< W
  std::int64_t total_steps = 0;   ///< N

  /// Warm-up: step / max(1, W) for step < W, so the first update has rate 0. Then 1, or falling
  /// linearly: max(0, (N - step) / max(1, N - W)).
  double factor(std::int64_t step) const;
};

/// @throws std::invalid_argument for an unknown name.
ScheduleKind parse_schedule_kind(const std::string& name);

}  // namespace attempt::train
