#pragma once

#include <cstdint>
#include <string>

#include "model/shapes/t5_config.h"
#include "runner/sweep/plan.h"
#include "runner/sweep/speeds.h"

namespace attempt::sweep {

/// Speed that estimates assume until progress reports say better: a few CPU cores.
inline constexpr double kAssumedFlops = 1e11;

/// Seconds of a trial at kAssumedFlops: 2 operations a weight and token forward, 4 more in full
/// training and 2 more where the backbone is frozen (activation gradients only). Texts count half
/// of their length limit. An order of magnitude, for the order of trials and a first forecast.
double estimate_seconds(const TrialSpec& spec, std::int64_t prompt_rows,
                        const model::T5Config& config);

/// Rows that the evaluations of a trial look at, the test included.
double evaluated_rows(const TrialSpec& spec);

/// Bytes that a trial takes of a device: weights, what training adds to them, activations of the
/// longest batch. An order of magnitude.
std::int64_t estimate_memory(const TrialSpec& spec, std::int64_t prompt_rows,
                             const model::T5Config& config);

/// Seconds of a trial at a measured speed.
double seconds_at(const Speed& speed, const TrialSpec& spec);

/// Spread of a trial that was probed twice.
/// @param restlessness  standard deviation of the logarithm of one measurement
double probed_spread(double restlessness);

/// Sets what `planned` will take: by the speed of its kind where that was measured, else by its
/// operations and how slow other kinds were.
void estimate(PlannedTrial& planned, const model::T5Config& config, const SpeedTable& speeds);

/// Evaluations of the validation split, the last one included.
std::int64_t evaluations_of(const TrialSpec& spec);

/// A warning where the attention weights of one batch alone are beyond the memory of the largest
/// devices; "" else. @param prompt_rows  rows in front of the source tokens
std::string memory_warning(const TrialSpec& spec, std::int64_t prompt_rows,
                           const model::T5Config& config);

}  // namespace attempt::sweep
