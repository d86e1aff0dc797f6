#include "runner/train/probe_clock.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace attempt::train {

namespace {

constexpr std::int64_t kWarmUpSteps = 4;
constexpr std::int64_t kFewestSteps = 12;
constexpr double kEnoughSeconds = 1.5;

}  // namespace

void ProbeClock::add_step(double seconds) {
  ++steps_;
  all_seconds_ += seconds;
  if (steps_ > kWarmUpSteps) later_seconds_ += seconds;
}

void ProbeClock::add_rows(std::int64_t rows, double seconds) {
  rows_ += rows;
  rows_seconds_ += seconds;
}

bool ProbeClock::has_enough_steps() const {
  return steps_ >= kFewestSteps && all_seconds_ >= kEnoughSeconds;
}

nlohmann::json ProbeClock::json(double setup_seconds) const {
  const auto mean = [](double sum, std::int64_t n) {
    return n > 0 ? sum / static_cast<double>(n) : 0.0;
  };
  return {{"setup_seconds", setup_seconds},
          {"step_seconds", steps_ > kWarmUpSteps ? mean(later_seconds_, steps_ - kWarmUpSteps)
                                                 : mean(all_seconds_, steps_)},
          {"row_seconds", mean(rows_seconds_, rows_)}};
}

}  // namespace attempt::train
