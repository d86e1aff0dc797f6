#include "runner/schedule/trial_queue.h"

#include <algorithm>
#include <deque>
#include <stdexcept>

#include "runner/schedule/slot_plan.h"

namespace attempt::schedule {

namespace {

/// At how many ready nodes one search for mates looks: a queue may hold a hundred thousand.
constexpr std::int64_t kMostLooks = 1000;
/// A plan of more would keep the manager too long, and its end is far away.
constexpr std::size_t kMostPlanned = 5000;

}  // namespace

TrialQueue::TrialQueue(std::vector<QueueNode> nodes, QueueLimits limits, QueueOrder order)
    : limits_(limits), order_(order) {
  add(std::move(nodes));
}

void TrialQueue::add(std::vector<QueueNode> nodes) {
  std::vector<std::string> added;
  for (QueueNode& given : nodes) {
    const std::string id = given.id;
    Node node;
    node.order = static_cast<std::int64_t>(nodes_.size());
    node.node = std::move(given);
    if (node.node.is_succeeded) {
      node.status = NodeStatus::kSucceeded;
    } else if (node.node.is_failed) {
      node.status = NodeStatus::kFailed;
    }
    if (!nodes_.emplace(id, std::move(node)).second) {
      throw std::logic_error("trial graph: " + id + " occurs twice");
    }
    added.push_back(id);
  }
  for (const std::string& id : added) {
    Node& node = nodes_.at(id);
    for (const std::string& needed : node.node.depends_on) {
      const auto found = nodes_.find(needed);
      if (found == nodes_.end()) {
        throw std::logic_error("trial graph: " + id + " depends on unknown " + needed);
      }
      found->second.dependents.push_back(id);
      if (found->second.status != NodeStatus::kSucceeded) ++node.unfinished_dependencies;
    }
  }
  measure_paths();
  for (const std::string& id : added) {
    Node& node = nodes_.at(id);
    if (node.status == NodeStatus::kFailed) block_dependents(node, id);
    if (node.status == NodeStatus::kWaiting) block_by_needed(node);
  }
  order_ready();  // paths that lead to what was added are longer now
}

void TrialQueue::estimate_anew(const std::function<double(const std::string& id)>& seconds) {
  for (auto& [id, node] : nodes_) {
    const bool is_open = node.status == NodeStatus::kWaiting || node.status == NodeStatus::kBlocked;
    if (is_open && !node.node.is_prepare) node.node.estimated_seconds = seconds(id);
  }
  measure_paths();
  order_ready();
}

void TrialQueue::plan_on(std::int64_t slots,
                         const std::function<double(const std::string& id)>& left_seconds) {
  const auto is_open = [](const Node& node) {
    return node.status == NodeStatus::kWaiting || node.status == NodeStatus::kRunning;
  };
  std::vector<Node*> open;
  for (auto& [id, node] : nodes_) {
    if (is_open(node)) open.push_back(&node);
    if (open.size() > kMostPlanned) return;
  }
  std::sort(open.begin(), open.end(),
            [](const Node* a, const Node* b) { return a->order < b->order; });
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < open.size(); ++i) {
    index[open[i]->node.id] = i;
    open[i]->urgency = open[i]->path_seconds;  // of no earlier plan
  }
  std::vector<SlotWork> work;
  for (const Node* node : open) {
    const bool is_running = node->status == NodeStatus::kRunning;
    SlotWork& one = work.emplace_back();
    one.seconds = is_running ? left_seconds(node->node.id) : node->node.estimated_seconds;
    one.is_running = is_running;
    for (const std::string& id : node->node.depends_on) {
      if (const auto found = index.find(id); found != index.end()) {
        one.needs.push_back(found->second);
      }
    }
  }
  const std::vector<double> urgency = plan_on_slots(work, slots);
  for (std::size_t i = 0; i < urgency.size(); ++i) open[i]->urgency = urgency[i];
  order_ready();
}

void TrialQueue::order_ready() {
  ready_.clear();
  for (const auto& [id, node] : nodes_) {
    if (node.status == NodeStatus::kWaiting && node.unfinished_dependencies == 0) {
      ready_.emplace(key(node), id);
    }
  }
}

void TrialQueue::block_by_needed(Node& node) {
  for (const std::string& id : node.node.depends_on) {
    const Node& needed = nodes_.at(id);
    const bool is_failed = needed.status == NodeStatus::kFailed;
    if (!is_failed && needed.status != NodeStatus::kBlocked) continue;
    node.status = NodeStatus::kBlocked;
    node.blocker = is_failed ? id : needed.blocker;
    block_dependents(node, node.blocker);
    return;
  }
}

void TrialQueue::measure_paths() {
  std::deque<Node*> closed;
  for (auto& [id, node] : nodes_) {
    node.unmeasured_dependents = static_cast<std::int64_t>(node.dependents.size());
    if (node.dependents.empty()) closed.push_back(&node);
  }
  std::size_t measured = 0;
  for (; !closed.empty(); closed.pop_front(), ++measured) {
    Node& node = *closed.front();
    double longest = 0;
    if (order_ == QueueOrder::kCriticalPath) {
      for (const std::string& dependent : node.dependents) {
        longest = std::max(longest, nodes_.at(dependent).path_seconds);
      }
    }
    if (order_ != QueueOrder::kAsGiven) longest += std::max(node.node.estimated_seconds, 0.0);
    node.path_seconds = longest;
    node.urgency = longest;
    for (const std::string& needed : node.node.depends_on) {
      Node& before = nodes_.at(needed);
      if (--before.unmeasured_dependents == 0) closed.push_back(&before);
    }
  }
  if (measured != nodes_.size()) throw std::logic_error("trial graph: it has a cycle");
}

std::optional<Started> TrialQueue::start_next() {
  if (is_stopped_ || ready_.empty()) return std::nullopt;
  Node& node = nodes_.at(ready_.begin()->second);
  ready_.erase(ready_.begin());
  return start(node);
}

Started TrialQueue::start(Node& node) {
  node.status = NodeStatus::kRunning;
  ++running_;
  return {node.node.id, node.node.is_prepare, ++node.node.started};
}

std::vector<Started> TrialQueue::start_mates(
    const std::string& id, std::int64_t most,
    const std::function<bool(const std::string& id)>& may_share) {
  const std::string& bundle_key = nodes_.at(id).node.bundle_key;
  std::vector<Started> mates;
  if (bundle_key.empty()) return mates;
  std::int64_t looks = kMostLooks;
  for (auto next = ready_.begin(); next != ready_.end() && looks > 0; --looks) {
    if (static_cast<std::int64_t>(mates.size()) >= most) break;
    Node& node = nodes_.at(next->second);
    if (node.node.bundle_key == bundle_key && may_share(next->second)) {
      mates.push_back(start(node));
      next = ready_.erase(next);
    } else {
      ++next;
    }
  }
  return mates;
}

bool TrialQueue::finish(const std::string& id, std::int64_t attempt, process::OutcomeStatus status,
                        bool is_final) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return false;
  Node& node = found->second;
  if (node.status != NodeStatus::kRunning || node.node.started != attempt) return false;
  --running_;
  if (status == process::OutcomeStatus::kSucceeded) {
    succeed(node);
    return true;
  }
  if (status == process::OutcomeStatus::kFailed &&
      (++node.node.attempts >= limits_.max_attempts || is_final)) {
    fail(node);
    return true;
  }
  make_ready(node);
  return true;
}

void TrialQueue::fail(Node& node) {
  node.status = NodeStatus::kFailed;
  block_dependents(node, node.node.id);
  if (is_failure_limit_reached()) is_stopped_ = true;
}

void TrialQueue::make_ready(Node& node) {
  node.status = NodeStatus::kWaiting;
  ready_.emplace(key(node), node.node.id);
}

void TrialQueue::give_up(const std::string& id, std::int64_t attempt) {
  Node& node = nodes_.at(id);
  if (node.status != NodeStatus::kRunning || node.node.started != attempt) return;
  --running_;
  ++elsewhere_;
  node.status = NodeStatus::kElsewhere;
}

void TrialQueue::hold_elsewhere(const std::string& id) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end() || found->second.status != NodeStatus::kWaiting) return;
  ready_.erase(key(found->second));
  ++elsewhere_;
  found->second.status = NodeStatus::kElsewhere;
}

void TrialQueue::free(const std::string& id, std::int64_t started, std::int64_t attempts) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return;
  Node& node = found->second;
  const bool is_open = node.status == NodeStatus::kWaiting || node.status == NodeStatus::kElsewhere;
  if (!is_open) return;
  const bool is_waiting = node.status == NodeStatus::kWaiting;
  // What was there when this run began is known from the events, with what was retried by hand.
  if (started > node.node.started || !is_waiting) {
    node.node.attempts = std::max(node.node.attempts, attempts);
  }
  node.node.started = std::max(node.node.started, started);
  if (is_waiting) return;
  --elsewhere_;
  node.status = NodeStatus::kWaiting;
  if (node.unfinished_dependencies == 0) make_ready(node);
}

void TrialQueue::end_elsewhere(const std::string& id, bool is_succeeded) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return;
  Node& node = found->second;
  if (node.status == NodeStatus::kElsewhere) {
    --elsewhere_;
  } else if (node.status == NodeStatus::kWaiting) {
    ready_.erase(key(node));
  } else {
    return;
  }
  if (is_succeeded) {
    succeed(node);
  } else {
    fail(node);
  }
}

void TrialQueue::succeed(Node& node) {
  node.status = NodeStatus::kSucceeded;
  for (const std::string& id : node.dependents) {
    Node& dependent = nodes_.at(id);
    if (--dependent.unfinished_dependencies == 0 && dependent.status == NodeStatus::kWaiting) {
      ready_.emplace(key(dependent), id);
    }
  }
}

void TrialQueue::block_dependents(const Node& failed, const std::string& blocker) {
  for (const std::string& id : failed.dependents) {
    Node& dependent = nodes_.at(id);
    if (dependent.status != NodeStatus::kWaiting) continue;
    dependent.status = NodeStatus::kBlocked;
    dependent.blocker = blocker;
    block_dependents(dependent, blocker);
  }
}

NodeStatus TrialQueue::status(const std::string& id) const { return nodes_.at(id).status; }
const std::string& TrialQueue::bundle_key(const std::string& id) const {
  return nodes_.at(id).node.bundle_key;
}
std::int64_t TrialQueue::attempts(const std::string& id) const {
  return nodes_.at(id).node.attempts;
}
std::string TrialQueue::blocked_by(const std::string& id) const { return nodes_.at(id).blocker; }

std::vector<std::string> TrialQueue::blocked_behind(const std::string& id) const {
  std::vector<std::string> blocked;
  for (const auto& [other, node] : nodes_) {
    if (node.status == NodeStatus::kBlocked && node.blocker == id) blocked.push_back(other);
  }
  return blocked;
}

bool TrialQueue::is_done() const {
  return running_ == 0 && (is_stopped_ || (ready_.empty() && elsewhere_ == 0));
}

bool TrialQueue::is_complete() const { return running_ == 0 && ready_.empty() && elsewhere_ == 0; }

std::int64_t TrialQueue::count(NodeStatus status) const {
  return std::count_if(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
    return !entry.second.node.is_prepare && entry.second.status == status;
  });
}

bool TrialQueue::has_failures() const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [](const auto& entry) { return entry.second.status == NodeStatus::kFailed; });
}

bool TrialQueue::is_failure_limit_reached() const {
  return limits_.max_failed_trials >= 0 && count(NodeStatus::kFailed) > limits_.max_failed_trials;
}

}  // namespace attempt::schedule
