#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace attempt::train {

/// Phase of a trial that is run for its speed alone: a few steps, a few batches of each split.
inline constexpr const char* kProbePhase = "probe";

/// Batches of a split that a probe looks at, at most.
inline constexpr std::int64_t kProbeBatches = 8;

/// What a probe measures. Its trial file has it in `counts`, under "probe".
class ProbeClock {
 public:
  void add_step(double seconds);
  /// @param rows_of_first  that were evaluated twice, once before the clock ran
  void add_rows(std::int64_t rows, double seconds, std::int64_t rows_of_first);
  /// Whether more steps would say little more.
  bool has_enough_steps() const;
  /// "step_seconds" and "row_seconds", and "accounted_seconds": what all that ran takes at these.
  nlohmann::json json() const;

 private:
  double step_seconds() const;

  std::vector<double> steps_;
  double all_seconds_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t rows_of_first_ = 0;
  double rows_seconds_ = 0;
};

}  // namespace attempt::train
