#include "runner/train/probe_clock.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

namespace attempt::train {

namespace {

constexpr std::size_t kWarmUpSteps = 4;  // they find nothing prepared
constexpr std::size_t kFewestSteps = 12;
constexpr double kEnoughSeconds = 1.5;

}  // namespace

void ProbeClock::add_step(double seconds) {
  steps_.push_back(seconds);
  all_seconds_ += seconds;
}

void ProbeClock::add_rows(std::int64_t rows, double seconds, std::int64_t rows_of_first) {
  rows_ += rows;
  rows_seconds_ += seconds;
  rows_of_first_ += rows_of_first;
}

bool ProbeClock::has_enough_steps() const {
  return steps_.size() >= kFewestSteps && all_seconds_ >= kEnoughSeconds;
}

/// Mean of the middle half, so that what disturbs the machine for a moment does not count.
double ProbeClock::step_seconds() const {
  if (steps_.empty()) return 0;
  std::vector<double> later = steps_;
  if (later.size() > kWarmUpSteps) later.erase(later.begin(), later.begin() + kWarmUpSteps);
  std::sort(later.begin(), later.end());
  const auto quarter = static_cast<std::ptrdiff_t>(later.size() / 4);
  const double sum = std::accumulate(later.begin() + quarter, later.end() - quarter, 0.0);
  return sum / static_cast<double>(static_cast<std::ptrdiff_t>(later.size()) - 2 * quarter);
}

nlohmann::json ProbeClock::json() const {
  const double step = step_seconds();
  const double row = rows_ > 0 ? rows_seconds_ / static_cast<double>(rows_) : 0;
  return {{"step_seconds", step},
          {"row_seconds", row},
          {"accounted_seconds", step * static_cast<double>(steps_.size()) +
                                    row * static_cast<double>(rows_ + rows_of_first_)}};
}

}  // namespace attempt::train
