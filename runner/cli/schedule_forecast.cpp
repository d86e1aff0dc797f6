#include "runner/cli/schedule_forecast.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "runner/cli/usage_error.h"
#include "runner/schedule/plan_queue.h"
#include "runner/schedule/simulation.h"
#include "runner/sweep/search_output.h"

namespace attempt::cli {

std::vector<ScheduleForecast> forecast_schedule(const sweep::Plan& plan,
                                                const std::vector<std::int64_t>& devices) {
  const std::vector<schedule::QueueNode> nodes = schedule::queue_nodes(plan, {});
  std::set<std::string> sources;
  for (const sweep::PlannedTrial& trial : plan.trials) {
    if (trial.spec.phase == "source") sources.insert(trial.spec.trial_id);
  }
  std::vector<bool> is_source;
  for (const schedule::QueueNode& node : nodes) is_source.push_back(sources.contains(node.id));
  const bool is_planned = schedule::is_planned_on_slots(plan);
  const auto makespan_of = [&](std::int64_t count, schedule::QueueOrder order) {
    return schedule::simulate(nodes, count, {.order = order}).makespan;
  };
  std::vector<ScheduleForecast> forecasts;
  for (const std::int64_t count : devices) {
    const auto [makespan, idle] = schedule::simulate(nodes, count, {.is_planned = is_planned});
    forecasts.push_back(
        {.devices = count,
         .makespan = makespan,
         .idle = idle,
         .bound = schedule::least_makespan(nodes, count),
         .least = schedule::least_makespan_with_waiting(nodes, count),
         .critical_path = makespan_of(count, schedule::QueueOrder::kCriticalPath),
         .barrier = schedule::simulate_phases(nodes, is_source, count, is_planned).makespan,
         .as_given = makespan_of(count, schedule::QueueOrder::kAsGiven),
         .longest_first = makespan_of(count, schedule::QueueOrder::kLongestFirst)});
  }
  return forecasts;
}

nlohmann::json forecast_json(const std::vector<ScheduleForecast>& forecasts) {
  nlohmann::json list = nlohmann::json::array();
  for (const ScheduleForecast& forecast : forecasts) {
    list.push_back({{"devices", forecast.devices},
                    {"makespan_seconds", forecast.makespan},
                    {"idle_share", forecast.idle},
                    {"bound_seconds", forecast.bound},
                    {"least_seconds", forecast.least},
                    {"critical_path_seconds", forecast.critical_path},
                    {"barrier_seconds", forecast.barrier},
                    {"as_given_seconds", forecast.as_given},
                    {"longest_first_seconds", forecast.longest_first}});
  }
  return list;
}

std::string forecast_text(const std::vector<ScheduleForecast>& forecasts) {
  std::string text = fmt::format(
      "\nschedule on the estimates above; the bound is the longest chain, or all work spread "
      "evenly;\nno schedule is shorter than \"at least\", which also counts what has to wait for "
      "its sources\n"
      "{:>8} {:>10} {:>7} {:>10} {:>11} {:>10} {:>16} {:>16} {:>16} {:>16}\n",
      "devices", "makespan", "idle", "bound", "over bound", "at least", "critical path",
      "with a barrier", "in given order", "longest first");
  const auto beside = [](double other, double makespan) {
    const double more = std::round(1000 * (other / makespan - 1)) / 10 + 0.0;  // no -0.0
    return fmt::format("{} ({:+.1f} %)", sweep::duration(other), more);
  };
  for (const ScheduleForecast& f : forecasts) {
    text +=
        fmt::format("{:>8} {:>10} {:>6.1f}% {:>10} {:>10.1f}% {:>10} {:>16} {:>16} {:>16} {:>16}\n",
                    f.devices, sweep::duration(f.makespan), 100 * f.idle, sweep::duration(f.bound),
                    100 * (f.makespan / f.bound - 1), sweep::duration(f.least),
                    beside(f.critical_path, f.makespan), beside(f.barrier, f.makespan),
                    beside(f.as_given, f.makespan), beside(f.longest_first, f.makespan));
  }
  return text;
}

std::vector<std::int64_t> device_counts(const std::string& text) {
  static const std::regex kForm(R"([1-9]\d{0,6}(,[1-9]\d{0,6})*)");
  if (!std::regex_match(text, kForm)) {
    throw UsageError("--devices is '" + text + "' (must be numbers of devices, as in 1,8,64)");
  }
  std::vector<std::int64_t> counts;
  std::istringstream in(text);
  for (std::string count; std::getline(in, count, ',');) counts.push_back(std::stoll(count));
  return counts;
}

}  // namespace attempt::cli
