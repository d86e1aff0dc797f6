#include "runner/train/learning_rate_schedule.h"

#include <algorithm>
#include <stdexcept>

namespace attempt::train {

double LearningRateSchedule::factor(std::int64_t step) const {
  if (kind == ScheduleKind::kConstant) return 1;
  if (step < warmup_steps) {
    return static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(1, warmup_steps));
  }
  if (kind == ScheduleKind::kConstantWithWarmup) return 1;
  const std::int64_t falling = std::max<std::int64_t>(1, total_steps - warmup_steps);
  return std::max(0.0, static_cast<double>(total_steps - step) / static_cast<double>(falling));
}

ScheduleKind parse_schedule_kind(const std::string& name) {
  if (name == "linear") return ScheduleKind::kLinear;
  if (name == "constant") return ScheduleKind::kConstant;
  if (name == "constant_with_warmup") return ScheduleKind::kConstantWithWarmup;
  throw std::invalid_argument("unknown schedule '" + name +
                              "' (linear, constant and constant_with_warmup exist)");
}

}  // namespace attempt::train
