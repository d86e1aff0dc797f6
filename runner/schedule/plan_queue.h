#pragma once

#include <map>
#include <string>

#include "results/event_log.h"
#include "runner/schedule/trial_queue.h"
#include "runner/sweep/plan.h"

namespace attempt::schedule {

/// The queue of a plan, with what earlier runs finished. A prepare node that only finished trials
/// need is left out.
TrialQueue make_queue(const sweep::Plan& plan,
                      const std::map<std::string, results::TrialState>& state);

/// Node id -> JSON that its trainer reads: the TrialSpec, or the PrepareNode.
std::map<std::string, std::string> spec_texts(const sweep::Plan& plan);

}  // namespace attempt::schedule
