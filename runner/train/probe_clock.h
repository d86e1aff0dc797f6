#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

namespace attempt::train {

/// Phase of a trial that is run for its speed alone: a few steps, a few batches of each split.
inline constexpr const char* kProbePhase = "probe";

/// Batches of a split that a probe looks at, at most.
inline constexpr std::int64_t kProbeBatches = 8;

/// What a probe measures. Its trial file has it in `counts`, under "probe".
class ProbeClock {
 public:
  void add_step(double seconds);
  void add_rows(std::int64_t rows, double seconds);
  /// Whether more steps would say little more.
  bool has_enough_steps() const;
  /// @param setup_seconds  from the trial's start to its first step
  nlohmann::json json(double setup_seconds) const;

 private:
  std::int64_t steps_ = 0;
  double all_seconds_ = 0;
  double later_seconds_ = 0;  ///< without the first steps, which find nothing prepared
  std::int64_t rows_ = 0;
  double rows_seconds_ = 0;
};

}  // namespace attempt::train
