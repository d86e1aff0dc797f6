#include "runner/schedule/simulation.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <string>
#include <tuple>
#include <unordered_map>

namespace attempt::schedule {

namespace {

using Seconds = std::unordered_map<std::string, double>;

/// @param given  by node; empty: the estimates
Seconds seconds_by_id(const std::vector<QueueNode>& nodes, const std::vector<double>& given) {
  Seconds seconds;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    seconds[nodes[i].id] = std::max(0.0, given.empty() ? nodes[i].estimated_seconds : given[i]);
  }
  return seconds;
}

double total_seconds(const std::vector<QueueNode>& nodes, const Seconds& seconds) {
  double total = 0;
  for (const QueueNode& node : nodes) {
    if (!node.is_succeeded) total += seconds.at(node.id);
  }
  return total;
}

/// When which node begins.
struct Begin {
  double time = 0;
  double seconds = 0;
};

/// @param begins  of every node, in the order of time; nullptr: not asked for
double run_queue(const std::vector<QueueNode>& nodes, std::int64_t devices, const Seconds& seconds,
                 const SimulationOptions& options, std::vector<Begin>* begins) {
  TrialQueue queue(nodes, {}, options.order);
  if (options.is_planned) queue.plan_on(devices, [](const std::string&) { return 0; });
  using End = std::tuple<double, std::string, std::int64_t>;  // time, node, attempt
  std::priority_queue<End, std::vector<End>, std::greater<>> ends;
  double now = 0;
  while (true) {
    while (static_cast<std::int64_t>(ends.size()) < devices) {
      const auto started = queue.start_next();
      if (!started) break;
      if (begins != nullptr) begins->push_back({now, seconds.at(started->id)});
      ends.emplace(now + seconds.at(started->id), started->id, started->attempt);
    }
    if (ends.empty()) return now;
    const auto [time, id, attempt] = ends.top();
    ends.pop();
    now = time;
    queue.finish(id, attempt, process::OutcomeStatus::kSucceeded);
  }
}

/// Nothing waits but for what it needs: the earliest that anything can begin.
std::vector<Begin> earliest_begins(const std::vector<QueueNode>& nodes) {
  std::vector<Begin> begins;
  run_queue(nodes, std::max<std::int64_t>(1, static_cast<std::int64_t>(nodes.size())),
            seconds_by_id(nodes, {}), {}, &begins);
  return begins;
}

double longest_chain(const std::vector<Begin>& earliest) {
  double end = 0;
  for (const Begin& begin : earliest) end = std::max(end, begin.time + begin.seconds);
  return end;
}

}  // namespace

Simulation simulate(const std::vector<QueueNode>& nodes, std::int64_t devices,
                    const SimulationOptions& options) {
  const Seconds seconds = seconds_by_id(nodes, options.seconds);
  const double makespan = run_queue(nodes, devices, seconds, options, nullptr);
  const double offered = makespan * static_cast<double>(devices);
  return {makespan, offered > 0 ? 1 - total_seconds(nodes, seconds) / offered : 0};
}

Simulation simulate_phases(std::vector<QueueNode> nodes, const std::vector<bool>& is_source,
                           std::int64_t devices, bool is_planned) {
  QueueNode barrier;
  barrier.id = "barrier";
  barrier.estimated_seconds = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].is_prepare) continue;
    if (is_source[i]) {
      barrier.depends_on.push_back(nodes[i].id);
    } else {
      nodes[i].depends_on.push_back(barrier.id);
    }
  }
  nodes.push_back(std::move(barrier));
  return simulate(nodes, devices, {.is_planned = is_planned});
}

double least_makespan(const std::vector<QueueNode>& nodes, std::int64_t devices) {
  return std::max(longest_chain(earliest_begins(nodes)),
                  total_seconds(nodes, seconds_by_id(nodes, {})) / static_cast<double>(devices));
}

double least_makespan_with_waiting(const std::vector<QueueNode>& nodes, std::int64_t devices) {
  const std::vector<Begin> earliest = earliest_begins(nodes);
  double least = longest_chain(earliest);
  double work = 0;
  for (auto begin = earliest.rbegin(); begin != earliest.rend(); ++begin) {
    work += begin->seconds;
    least = std::max(least, begin->time + work / static_cast<double>(devices));
  }
  return least;
}

}  // namespace attempt::schedule
