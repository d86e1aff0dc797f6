#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runner/process/message.h"

namespace attempt::schedule {

/// A piece of work of the trial graph: a trial, or the preparation of a task's data.
struct QueueNode {
  std::string id;
  bool is_prepare = false;
  double estimated_seconds = 1;
  std::string bundle_key = {};  ///< nodes with the same may run as one; "": with nobody
  std::vector<std::string> depends_on;
  std::int64_t attempts = 0;  ///< lost to its own faults so far
  std::int64_t started = 0;   ///< attempts started so far, for their numbers
  bool is_succeeded = false;
  bool is_failed = false;
};

/// kElsewhere: another run of a joined study runs it.
enum class NodeStatus { kWaiting, kRunning, kElsewhere, kSucceeded, kFailed, kBlocked };

struct QueueLimits {
  std::int64_t max_attempts = 3;
  std::int64_t max_failed_trials = -1;  ///< -1: off
};

struct Started {
  std::string id;
  bool is_prepare = false;
  std::int64_t attempt = 1;
};

/// Which of the ready nodes runs first. A study runs by its critical path; the others are what it
/// is compared with.
enum class QueueOrder {
  kCriticalPath,  ///< the longest path behind it, or by plan_on()
  kLongestFirst,  ///< the longest itself
  kAsGiven
};

/// What runs next: a state machine without clock, files or messages. Critical path first; a failed
/// node blocks what depends on it.
class TrialQueue {
 public:
  /// @throws std::logic_error for unknown dependencies, repeated ids or a cycle.
  TrialQueue(std::vector<QueueNode> nodes, QueueLimits limits,
             QueueOrder order = QueueOrder::kCriticalPath);

  /// Adds nodes that became known later; they may depend on any that is there.
  /// @throws std::logic_error as the constructor, and leaves the queue unusable.
  void add(std::vector<QueueNode> nodes);
  bool has(const std::string& id) const { return nodes_.contains(id); }

  /// Orders what waits by new estimates. @param seconds  of a trial that has not started
  void estimate_anew(const std::function<double(const std::string& id)>& seconds);

  /// Orders what waits by a plan for so many slots, where one is shorter than the critical path's
  /// order (plan_on_slots), until nodes are added or estimated anew. A queue of more than 5,000
  /// open nodes stays as it is: its end is too far away.
  /// @param left_seconds  of a node that runs
  void plan_on(std::int64_t slots,
               const std::function<double(const std::string& id)>& left_seconds);

  /// Takes the ready node that comes first in the order; nothing while stopped.
  std::optional<Started> start_next();

  /// Takes ready nodes that may run together with `id`, those first in the order first.
  /// @param may_share  asked of each
  std::vector<Started> start_mates(const std::string& id, std::int64_t most,
                                   const std::function<bool(const std::string& id)>& may_share);
  /// Nodes that could start now.
  std::int64_t ready() const { return static_cast<std::int64_t>(ready_.size()); }

  /// Ends an attempt. @return false when this attempt is not the one that runs: an answer that
  /// comes too late changes nothing.
  /// @param is_final  a failure that another attempt would not mend
  bool finish(const std::string& id, std::int64_t attempt, process::OutcomeStatus status,
              bool is_final = false);

  // What the other runs of a joined study do. Of no effect on a node that runs here, except that
  // give_up ends its attempt: another run was quicker to claim it.
  void give_up(const std::string& id, std::int64_t attempt);
  void hold_elsewhere(const std::string& id);
  /// @param started, attempts  of the node so far, by whichever run
  void free(const std::string& id, std::int64_t started, std::int64_t attempts);
  /// A succeeded node stays so.
  void end_elsewhere(const std::string& id, bool is_succeeded);

  /// Starts nothing more.
  void stop() { is_stopped_ = true; }
  bool is_stopped() const { return is_stopped_; }

  NodeStatus status(const std::string& id) const;
  const std::string& bundle_key(const std::string& id) const;
  std::int64_t attempts(const std::string& id) const;
  /// The failed node that blocks this one; "" if none.
  std::string blocked_by(const std::string& id) const;
  /// Whom the failure of `id` blocks, in no order.
  std::vector<std::string> blocked_behind(const std::string& id) const;

  bool is_done() const;      ///< nothing runs, and nothing can be started, now or later
  bool is_complete() const;  ///< every node has succeeded, failed or is blocked
  std::int64_t running() const { return running_; }
  std::int64_t count(NodeStatus status) const;  ///< of trials, without prepare nodes
  bool has_failures() const;                    ///< also of prepare nodes
  bool is_failure_limit_reached() const;

 private:
  struct Node {
    QueueNode node;
    NodeStatus status = NodeStatus::kWaiting;
    std::int64_t unfinished_dependencies = 0;
    std::int64_t order = 0;
    std::int64_t unmeasured_dependents = 0;  ///< of measure_paths() alone
    /// Its own time and that of the longest chain behind it; other orders leave out a part.
    double path_seconds = 0;
    double urgency = 0;  ///< the largest first: path_seconds, or by a plan
    std::string blocker;
    std::vector<std::string> dependents;
  };
  using Key = std::pair<double, std::int64_t>;  // negated urgency, order

  Key key(const Node& node) const { return {-node.urgency, node.order}; }
  Started start(Node& node);
  void measure_paths();
  void order_ready();
  void block_by_needed(Node& node);
  void succeed(Node& node);
  void fail(Node& node);
  void make_ready(Node& node);
  void block_dependents(const Node& failed, const std::string& blocker);

  QueueLimits limits_;
  QueueOrder order_;
  std::unordered_map<std::string, Node> nodes_;
  std::map<Key, std::string> ready_;
  std::int64_t elsewhere_ = 0;
  std::int64_t running_ = 0;
  bool is_stopped_ = false;
};

}  // namespace attempt::schedule
