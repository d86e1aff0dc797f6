#pragma once

#include <functional>

#include "runner/mpi/communicator.h"

namespace attempt::schedule {

/// How often a rank that is not heard of for `timeout_seconds` is lost must let hear of itself.
double heartbeat_interval(double timeout_seconds);

/// Rank 0, before its manager works: does `work` on a thread of its own, since reading a plan or a
/// large folder may take longer than the timeout, and lets the agents hear of it meanwhile.
/// Whatever they say is only that they live. Rethrows what `work` throws.
void work_with_heartbeats(mpi::Communicator& communicator, double timeout_seconds,
                          const std::function<void()>& work);

}  // namespace attempt::schedule
