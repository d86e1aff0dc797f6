#include <algorithm>
#include <filesystem>

#include "runner/schedule/manager.h"

namespace attempt::schedule {

namespace {

/// A look lists three folders, of a file system that other jobs use too.
constexpr double kShortestLookSeconds = 0.5;
constexpr double kLongestLookSeconds = 5;
constexpr double kLooksPerLease = 20;

}  // namespace

void Manager::look_at_peers(Clock::time_point now) {
  if (peer_news_.valid()) {
    if (peer_news_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    last_look_at_peers_ = now;
    try {
      take_news(peer_news_.get());
      knows_peers_ = true;
    } catch (const std::filesystem::filesystem_error&) {
      // A shared disk that fails for a moment: the next look tells the same.
    }
  } else if (!knows_peers_ ||
             now - last_look_at_peers_ > std::chrono::duration<double>(std::clamp(
                                             run_.lease_seconds / kLooksPerLease,
                                             kShortestLookSeconds, kLongestLookSeconds))) {
    peer_news_ = writer_.look_at_peers();
  }
}

void Manager::take_news(const PeerNews& news) {
  if (!news.shared_device.empty()) {
    fail_environment("this run would share device " + news.shared_device +
                     " (each trainer needs one of its own). Give each job GPUs of its own, e.g. "
                     "--gpus-per-node 1.");
  }
  for (const PeerNews::Claim& claim : news.claims) {
    if (claim.is_held) {
      queue_.hold_elsewhere(claim.trial_id);
    } else {
      queue_.free(claim.trial_id, claim.attempt, claim.faults);
    }
  }
  // Those of several trials at once may be needed by others: order does not matter to the queue.
  for (const std::string& id : news.succeeded) queue_.end_elsewhere(id, /*is_succeeded=*/true);
  for (const std::string& id : news.failed) queue_.end_elsewhere(id, /*is_succeeded=*/false);
}

void Manager::give_up(const Running& running) {
  const process::Assignment given = running.assignment;
  running_.erase(given.node_id);
  leave_slot(running);
  queue_.give_up(given.node_id, given.attempt);
}

}  // namespace attempt::schedule
