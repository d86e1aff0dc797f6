#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runner/sweep/forecast.h"
#include "runner/sweep/plan.h"
#include "runner/sweep/speeds.h"

namespace attempt::cli {

/// When a study ends on some devices.
struct WallForecast {
  std::int64_t devices = 1;
  sweep::Interval seconds;
  sweep::Interval slices;  ///< runs of a time limit; 0 without one
};

/// What a plan takes, for people and programs.
struct PlanForecast {
  sweep::WorkForecast work;
  std::vector<sweep::MethodWork> methods;
  std::vector<std::string> measured_on;  ///< devices
  std::vector<WallForecast> walls;
};

/// @param limit_seconds  of one slice
/// @param speeds  that the plan's estimates were made with
PlanForecast forecast_plan(const sweep::Plan& plan, const std::vector<std::int64_t>& devices,
                           std::optional<double> limit_seconds, const sweep::SpeedTable& speeds);

nlohmann::json plan_forecast_json(const PlanForecast& forecast);
std::string plan_forecast_text(const PlanForecast& forecast);

}  // namespace attempt::cli
