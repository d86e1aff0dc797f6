#pragma once

#include <string>
#include <vector>

#include "model/shapes/t5_config.h"
#include "runner/sweep/settings.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::sweep {

/// A trial of phase 1 that targets start from, and its point of the axes.
struct PhaseOneTrial {
  Draft draft;
  AxisPoint point;
};

/// init_from = "sources": the target's own method, one set of parameters for all source tasks.
/// Options that decide which tensors are trained are the target's.
/// @param point         of the target
/// @param source_point  of the axes of [sources]
PhaseOneTrial mixture_trial(const Draft& target, const AxisPoint& point,
                            const std::vector<std::string>& tasks, std::uint64_t seed,
                            const AxisPoint& source_point);

/// g_init = "pretrained": ATTEMPT on all source tasks, each task's target prompt starting from its
/// own source prompt, which its rows do not attend to; methods.md section 6.5.
/// @param settings  of the target; G is built as it says
PhaseOneTrial g_trial(const Draft& target, const Settings& settings,
                      const std::vector<std::string>& tasks, std::uint64_t seed,
                      const AxisPoint& source_point);

/// Why a trial cannot start from the tensors that another of its method saves; "" where it can.
std::string start_problem(const TrialSpec& spec, const TrialSpec& first,
                          const model::T5Config& config);

}  // namespace attempt::sweep
