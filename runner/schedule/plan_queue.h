#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "results/event_log.h"
#include "runner/schedule/trial_queue.h"
#include "runner/sweep/plan.h"

namespace attempt::schedule {

/// The queue of a plan, with what earlier runs finished. A prepare node that only finished trials
/// need is left out.
TrialQueue make_queue(const sweep::Plan& plan,
                      const std::map<std::string, results::TrialState>& state);

/// Its nodes in order, those of prepare nodes that unfinished trials need first.
std::vector<QueueNode> queue_nodes(const sweep::Plan& plan,
                                   const std::map<std::string, results::TrialState>& state);

/// Whether its queue is planned on the slots there are (TrialQueue::plan_on): all of its trials are
/// known from the start, and a slot takes one at a time.
bool is_planned_on_slots(const sweep::Plan& plan);

/// Adds what a plan has beyond the queue's nodes.
void add_to_queue(TrialQueue& queue, const sweep::Plan& plan,
                  const std::map<std::string, results::TrialState>& state);

/// What trainers read of the nodes of plans, which outlive it. Made one at a time: all the texts
/// of a large plan would fill the memory.
class SpecTexts {
 public:
  explicit SpecTexts(const sweep::Plan& plan) { add(plan); }
  void add(const sweep::Plan& plan);

  /// Sealed JSON of the TrialSpec, or of the PrepareNode.
  /// @param micro_batch  rows at once where those of the sweep did not fit; 0: as the sweep says
  std::string text(const std::string& node_id, std::int64_t micro_batch) const;
  /// Rows at once as the sweep says; 0 for a prepare node.
  std::int64_t micro_batch(const std::string& node_id) const;

 private:
  std::unordered_map<std::string, const sweep::PrepareNode*> prepares_;
  std::unordered_map<std::string, const sweep::PlannedTrial*> trials_;
};

}  // namespace attempt::schedule
