#pragma once

#include <cstdint>
#include <vector>

#include "runner/schedule/trial_queue.h"

namespace attempt::schedule {

/// What becomes of a queue on some devices, each of which runs one node at a time.
struct Simulation {
  double makespan = 0;  ///< seconds to the end of the last node
  double idle = 0;      ///< share of devices x makespan
};

struct SimulationOptions {
  QueueOrder order = QueueOrder::kCriticalPath;
  bool is_planned = false;           ///< TrialQueue::plan_on at the start
  std::vector<double> seconds = {};  ///< what each node takes; empty: what it is estimated
};

/// Runs the queue to its end on the clock of the estimates, or of other times.
Simulation simulate(const std::vector<QueueNode>& nodes, std::int64_t devices,
                    const SimulationOptions& options = {});

/// The same with the targets held back until all sources are done.
/// @param is_source  by node, in their order
Simulation simulate_phases(std::vector<QueueNode> nodes, const std::vector<bool>& is_source,
                           std::int64_t devices, bool is_planned = false);

/// No schedule ends earlier: the longest chain, or all work spread evenly.
double least_makespan(const std::vector<QueueNode>& nodes, std::int64_t devices);

/// No schedule ends earlier, and never less than least_makespan(): what cannot begin before some
/// time, for what it needs, is spread evenly from then on.
double least_makespan_with_waiting(const std::vector<QueueNode>& nodes, std::int64_t devices);

}  // namespace attempt::schedule
