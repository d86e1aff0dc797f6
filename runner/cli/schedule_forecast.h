#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "runner/sweep/plan.h"

namespace attempt::cli {

/// A study's schedule on some devices, beside other orders; seconds.
struct ScheduleForecast {
  std::int64_t devices = 1;
  double makespan = 0;
  double idle = 0;           ///< share of the devices' time
  double bound = 0;          ///< the longest chain, or all work spread evenly
  double least = 0;          ///< no schedule ends earlier, for what has to wait as well
  double critical_path = 0;  ///< by that alone, without a plan for the devices
  double barrier = 0;
  double as_given = 0;
  double longest_first = 0;
};

/// Runs the queue of the study on the clock of the plan's estimates.
std::vector<ScheduleForecast> forecast_schedule(const sweep::Plan& plan,
                                                const std::vector<std::int64_t>& devices);

nlohmann::json forecast_json(const std::vector<ScheduleForecast>& forecasts);
std::string forecast_text(const std::vector<ScheduleForecast>& forecasts);

/// "1,8,64" @throws UsageError
std::vector<std::int64_t> device_counts(const std::string& text);

}  // namespace attempt::cli
