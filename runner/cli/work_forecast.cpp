#include "runner/cli/work_forecast.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "runner/schedule/plan_queue.h"
#include "runner/schedule/simulation.h"
#include "runner/sweep/search_output.h"

namespace attempt::cli {

namespace {

constexpr double kSecondsPerHour = 3600;
constexpr double kMillion = 1e6;

nlohmann::json interval_json(const sweep::Interval& interval) {
  return {{"low", interval.low}, {"middle", interval.middle}, {"high", interval.high}};
}

std::string duration_text(const sweep::Interval& interval) {
  return fmt::format("{} ({} to {})", sweep::duration(interval.middle),
                     sweep::duration(interval.low), sweep::duration(interval.high));
}

/// Whose speeds the estimates are.
std::vector<std::string> devices_of(const sweep::Plan& plan, const sweep::SpeedTable& speeds) {
  std::set<std::string> devices;
  for (const sweep::PlannedTrial& trial : plan.trials) {
    if (!trial.is_measured) continue;
    if (const auto speed = speeds.find(trial.kind)) devices.insert(speed->device);
  }
  return {devices.begin(), devices.end()};
}

std::string methods_text(const std::vector<sweep::MethodWork>& methods) {
  const auto name_of = [](const sweep::MethodWork& work) {
    const std::string& name = work.variant.empty() ? work.method : work.variant;
    return work.phase == "target" ? name : work.phase + ": " + name;
  };
  std::size_t width = 6;
  for (const sweep::MethodWork& work : methods) width = std::max(width, name_of(work).size());
  std::string text =
      fmt::format("  {:<{}}  {:>6}  {:>8}  {:>26}  {:>16}  {:>15}\n", "method", width, "trials",
                  "measured", "device hours", "million examples", "hours a million");
  for (const sweep::MethodWork& work : methods) {
    const sweep::Interval& seconds = work.seconds;
    text += fmt::format("  {:<{}}  {:>6}  {:>8}  {:>26}  {:>16.3g}  {:>15}\n", name_of(work), width,
                        work.trials, work.measured,
                        fmt::format("{:.3g} ({:.3g} to {:.3g})", seconds.middle / kSecondsPerHour,
                                    seconds.low / kSecondsPerHour, seconds.high / kSecondsPerHour),
                        work.examples / kMillion,
                        work.examples > 0 ? fmt::format("{:.3g}", work.hours_a_million()) : "-");
  }
  return text;
}

}  // namespace

PlanForecast forecast_plan(const sweep::Plan& plan, const std::vector<std::int64_t>& devices,
                           std::optional<double> limit_seconds, const sweep::SpeedTable& speeds) {
  PlanForecast forecast{.work = sweep::forecast_work(plan),
                        .methods = sweep::work_by_method(plan),
                        .measured_on = devices_of(plan, speeds)};
  if (devices.empty()) return forecast;
  const std::vector<schedule::QueueNode> nodes = schedule::queue_nodes(plan, {});
  const bool is_planned = schedule::is_planned_on_slots(plan);
  double later = 0;
  for (const sweep::PlannedSearch& search : plan.searches) later += search.later_seconds;
  for (const std::int64_t count : devices) {
    const double makespan = schedule::simulate(nodes, count, {.is_planned = is_planned}).makespan +
                            later / static_cast<double>(count);
    WallForecast wall{.devices = count, .seconds = forecast.work.wall(makespan, count)};
    if (limit_seconds) {
      wall.slices = {sweep::slices_of(wall.seconds.low, *limit_seconds),
                     sweep::slices_of(wall.seconds.middle, *limit_seconds),
                     sweep::slices_of(wall.seconds.high, *limit_seconds)};
    }
    forecast.walls.push_back(wall);
  }
  return forecast;
}

nlohmann::json plan_forecast_json(const PlanForecast& forecast) {
  nlohmann::json walls = nlohmann::json::array();
  for (const WallForecast& wall : forecast.walls) {
    nlohmann::json line = {{"devices", wall.devices}, {"seconds", interval_json(wall.seconds)}};
    if (wall.slices.middle > 0) line["slices"] = interval_json(wall.slices);
    walls.push_back(std::move(line));
  }
  nlohmann::json methods = nlohmann::json::array();
  for (const sweep::MethodWork& work : forecast.methods) {
    methods.push_back({{"phase", work.phase},
                       {"method", work.method},
                       {"variant", work.variant},
                       {"trials", work.trials},
                       {"measured", work.measured},
                       {"examples", work.examples},
                       {"device_seconds", interval_json(work.seconds)},
                       {"hours_a_million_examples", work.hours_a_million()}});
  }
  const sweep::WorkForecast& work = forecast.work;
  return {{"device_seconds", interval_json(work.seconds)},
          {"memory_bytes", interval_json(work.memory_bytes)},
          {"trials", work.trials},
          {"measured", work.measured},
          {"measured_on", forecast.measured_on},
          {"methods", std::move(methods)},
          {"wall", std::move(walls)}};
}

std::string plan_forecast_text(const PlanForecast& forecast) {
  const sweep::WorkForecast& work = forecast.work;
  constexpr double kGb = 1e9;
  std::string text = fmt::format(
      "\nforecast, with 90 % intervals ({} of {} trials are of kinds that were measured{}{}):\n"
      "  {:.3g} device hours ({:.3g} to {:.3g}); the largest trial takes {:.2g} GB ({:.2g} to "
      "{:.2g})\n",
      work.measured, work.trials,
      work.measured > 0 ? fmt::format(" on {}", fmt::join(forecast.measured_on, ", ")) : "",
      work.measured < work.trials ? "; --probe measures them" : "",
      work.seconds.middle / kSecondsPerHour, work.seconds.low / kSecondsPerHour,
      work.seconds.high / kSecondsPerHour, work.memory_bytes.middle / kGb,
      work.memory_bytes.low / kGb, work.memory_bytes.high / kGb);
  for (const WallForecast& wall : forecast.walls) {
    text += fmt::format("  on {} device{}: {}", wall.devices, wall.devices == 1 ? "" : "s",
                        duration_text(wall.seconds));
    if (wall.slices.middle > 0) {
      text += fmt::format(", {:.0f} slices of the time limit ({:.0f} to {:.0f})",
                          wall.slices.middle, wall.slices.low, wall.slices.high);
    }
    text += "\n";
  }
  return text + methods_text(forecast.methods);
}

}  // namespace attempt::cli
