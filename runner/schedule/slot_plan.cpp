#include "runner/schedule/slot_plan.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <queue>
#include <random>
#include <utility>

namespace attempt::schedule {

namespace {

constexpr int kRounds = 10;
constexpr double kNearBound = 1.005;  // nothing is looked for closer to it
constexpr double kShorter = 0.998;
constexpr int kScatters = 16;
constexpr double kScatter = 0.17;  // to either side, evenly: a deviation of a tenth

struct Graph {
  std::vector<std::int64_t> needed;  ///< how many works each waits for
  std::vector<std::vector<std::size_t>> followers;
};

struct Schedule {
  double makespan = 0;
  std::vector<double> begins;
};

Graph forward_graph(const std::vector<SlotWork>& work) {
  Graph graph{.needed = {}, .followers = std::vector<std::vector<std::size_t>>(work.size())};
  for (std::size_t i = 0; i < work.size(); ++i) {
    graph.needed.push_back(static_cast<std::int64_t>(work[i].needs.size()));
    for (const std::size_t needed : work[i].needs) graph.followers[needed].push_back(i);
  }
  return graph;
}

Graph backward_graph(const std::vector<SlotWork>& work, const Graph& forward) {
  Graph graph;
  for (std::size_t i = 0; i < work.size(); ++i) {
    graph.needed.push_back(static_cast<std::int64_t>(forward.followers[i].size()));
    graph.followers.push_back(work[i].needs);
  }
  return graph;
}

/// Whenever a slot is free, the ready work of the largest urgency begins.
Schedule run(const Graph& graph, const std::vector<double>& seconds, std::int64_t slots,
             const std::vector<double>& urgency) {
  std::vector<std::int64_t> needed = graph.needed;
  using Entry = std::pair<double, std::size_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;  // by negated urgency
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ends;   // by time
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    if (needed[i] == 0) ready.emplace(-urgency[i], i);
  }
  Schedule schedule{.begins = std::vector<double>(seconds.size())};
  while (true) {
    while (!ready.empty() && static_cast<std::int64_t>(ends.size()) < slots) {
      const std::size_t next = ready.top().second;
      ready.pop();
      schedule.begins[next] = schedule.makespan;
      ends.emplace(schedule.makespan + seconds[next], next);
    }
    if (ends.empty()) return schedule;
    const auto [time, ended] = ends.top();
    ends.pop();
    schedule.makespan = time;
    for (const std::size_t follower : graph.followers[ended]) {
      if (--needed[follower] == 0) ready.emplace(-urgency[follower], follower);
    }
  }
}

/// Each work's own time and that of the longest chain behind it.
std::vector<double> path_seconds(const Graph& backward, const std::vector<double>& seconds) {
  const auto unlimited = std::numeric_limits<std::int64_t>::max();
  const Schedule all = run(backward, seconds, unlimited, seconds);
  std::vector<double> paths = all.begins;
  for (std::size_t i = 0; i < paths.size(); ++i) paths[i] += seconds[i];
  return paths;
}

/// Those that run have begun.
void put_running_first(const std::vector<SlotWork>& work, std::vector<double>& urgency) {
  for (std::size_t i = 0; i < work.size(); ++i) {
    if (work[i].is_running) urgency[i] = std::numeric_limits<double>::infinity();
  }
}

/// Whether it is shorter than `usual` on the mean of scattered times too.
bool is_shorter_scattered(const Graph& graph, const std::vector<double>& seconds,
                          std::int64_t slots, const std::vector<double>& urgency,
                          const std::vector<double>& usual) {
  std::minstd_rand random(1);  // the same sets each time: plans repeat
  double sum = 0;
  double usual_sum = 0;
  for (int i = 0; i < kScatters; ++i) {
    std::vector<double> scattered = seconds;
    for (double& value : scattered) {
      const double unit = static_cast<double>(random()) / std::minstd_rand::max();
      value *= 1 + kScatter * (2 * unit - 1);
    }
    sum += run(graph, scattered, slots, urgency).makespan;
    usual_sum += run(graph, scattered, slots, usual).makespan;
  }
  return sum < kShorter * usual_sum;
}

}  // namespace

std::vector<double> plan_on_slots(const std::vector<SlotWork>& work, std::int64_t slots) {
  if (slots < 1 || work.empty()) return {};
  const Graph forward = forward_graph(work);
  const Graph backward = backward_graph(work, forward);
  std::vector<double> seconds;
  for (const SlotWork& one : work) seconds.push_back(std::max(0.0, one.seconds));
  std::vector<double> usual = path_seconds(backward, seconds);
  const double total = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  const double bound =
      std::max(*std::max_element(usual.begin(), usual.end()), total / static_cast<double>(slots));
  put_running_first(work, usual);
  const Schedule first = run(forward, seconds, slots, usual);
  if (first.makespan <= kNearBound * bound) return {};
  double best = first.makespan;
  std::vector<double> best_urgency;
  Schedule ahead = first;
  for (int round = 0; round < kRounds && best > kNearBound * bound; ++round) {
    // As late as they can be, those that ended last first; then as early as that order allows.
    std::vector<double> latest = ahead.begins;
    for (std::size_t i = 0; i < latest.size(); ++i) latest[i] += seconds[i];
    std::vector<double> urgency = run(backward, seconds, slots, latest).begins;
    for (std::size_t i = 0; i < urgency.size(); ++i) urgency[i] += seconds[i];
    put_running_first(work, urgency);
    ahead = run(forward, seconds, slots, urgency);
    if (ahead.makespan >= best) continue;
    best = ahead.makespan;
    best_urgency = std::move(urgency);
  }
  if (best >= kShorter * first.makespan) return {};
  if (!is_shorter_scattered(forward, seconds, slots, best_urgency, usual)) return {};
  return best_urgency;
}

}  // namespace attempt::schedule
