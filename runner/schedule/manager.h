#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runner/mpi/mpi_error.h"
#include "runner/schedule/agent.h"
#include "runner/schedule/io_thread.h"
#include "runner/schedule/plan_queue.h"
#include "runner/schedule/run_study.h"
#include "runner/schedule/speed_learner.h"
#include "runner/schedule/study_writer.h"
#include "runner/schedule/trial_queue.h"

namespace attempt::schedule {

/// Rank 0's part: gives the plan's work to the agents and records what becomes of it. Does no file
/// work itself and never waits.
class Manager {
 public:
  /// @param state  fold of the study so far: finished and failed trials are not run.
  Manager(const StudyRun& run, const std::map<std::string, results::TrialState>& state,
          StudyWriter& writer);

  void greet();  ///< sends Settings to every rank
  void handle(int source, const process::Message& message, Clock::time_point now);
  /// @return whether anything happened.
  bool step(Clock::time_point now);
  void request_stop(const std::string& reason);
  bool is_done() const {
    return queue_.is_done() && pending_.empty() && (growing_.empty() || queue_.is_stopped());
  }
  /// Tells the agents to end. @return the result without waiting for them.
  RunResult end();

 private:
  struct Rank {
    bool has_greeted = false;
    bool is_lost = false;
    std::string host;
    std::vector<std::string> devices;
    std::int64_t slots = 0;
    std::int64_t used_slots = 0;
    Clock::time_point last_heard;
  };
  struct Running {
    int rank = 0;
    process::Assignment assignment;
    process::Progress progress;
    Clock::time_point started;
    std::string bundle;                     ///< the same for all that share a slot, and no others'
    std::int64_t width = 1;                 ///< trials that were to share it
    std::optional<double> validation = {};  ///< the best score so far
    bool is_finishing = false;              ///< its trainer was asked to train no more
  };
  struct Writing {  ///< its spec file is being written
    std::future<bool> written;
    std::string node_id;
    std::int64_t attempt = 1;
  };
  using Pending = std::vector<Writing>;  ///< to share a slot

  void take_hello(int source, const process::Hello& hello);
  void take_outcome(int source, const process::Outcome& outcome);
  void record_outcome(const Running& ended, const process::Outcome& outcome);
  /// Looks at new evaluations.
  void judge_progress(const process::Progress& progress);
  /// Asks what follows from these ends, without waiting for it.
  void grow(std::vector<EndedTrial> ended);
  /// Adds what followed. @return whether anything was known.
  bool take_grown();
  void record_failure(const process::Outcome& outcome, bool is_prepare);
  void retire_slot(int rank, const std::string& problem);
  void reduce_micro_batch(const std::string& trial_id, std::int64_t micro_batch);
  std::int64_t micro_batch(const std::string& node_id) const;
  void narrow_bundles(const std::string& trial_id, std::int64_t width);
  /// Bundles that were narrowed in earlier runs stay so.
  void recall_widths(const sweep::Plan& plan);
  /// @param needed_seconds  of work before the end
  bool is_time_over(Clock::time_point now, double needed_seconds) const;
  bool assign_work();
  bool send_written();
  void look_at_peers(Clock::time_point now);
  void take_news(const PeerNews& news);
  void give_up(const Running& running);
  void start_on(int rank, const std::vector<Started>& together);
  /// How many trials a free slot may take at once, so that no other slot idles for it.
  /// @param busy  slots that were busy before any was filled now: one ready trial each is left over
  std::int64_t bundle_width(std::int64_t busy) const;
  bool may_share(const std::string& node_id) const;
  /// Those of them that may start, in order.
  std::vector<Running> take_written(Pending& pending);
  /// Gives the slot of what ended back, where nobody shares it any more.
  void leave_slot(const Running& ended);
  void lose_rank(int rank);
  void watch_ranks(Clock::time_point now);
  void report(Clock::time_point now);
  /// Trials whose times the queue is to know.
  void learn_of(const sweep::Plan& plan);
  /// Orders the queue by what finished trials took and by the slots there are, where that is news.
  void order_anew(Clock::time_point now);
  /// Those of ranks that have not greeted yet are taken to be like the others'. 0: their number
  /// says nothing about what runs when.
  std::int64_t expected_slots() const;
  StudyCounts counts() const;
  std::vector<WorkerState> workers() const;
  void fail_environment(const std::string& problem);
  template <typename T>
  void tell(int rank, const T& body);

  const StudyRun& run_;
  StudyWriter& writer_;
  TrialQueue queue_;
  std::shared_ptr<const SpecTexts> specs_;              ///< also of the writer's thread
  std::map<std::string, std::int64_t> micro_batches_;   ///< where smaller than the sweep's
  std::map<std::string, std::int64_t> fitting_widths_;  ///< by bundle key, where memory ran out
  std::vector<Rank> ranks_;
  std::set<std::string> alone_;            ///< trials that failed together with others
  std::set<std::string> lost_devices_of_;  ///< bundles that told of a lost device: one slot each
  std::map<std::string, Running> running_;
  std::deque<Pending> pending_;
  const std::map<std::string, results::TrialState> state_;  ///< at the start
  std::deque<std::future<sweep::Plan>> growing_;
  std::deque<sweep::Plan> grown_;  ///< specs_ points into them
  std::vector<FailedTrial> failures_;
  std::string stop_reason_;
  std::string environment_problem_;
  std::future<PeerNews> peer_news_;
  bool knows_peers_ = false;  ///< before that nothing is started: others may be at it
  bool is_stop_sent_ = false;
  bool is_rank_lost_ = false;
  double checkpoint_seconds_ = 0;     ///< longest that was heard of
  double longest_start_seconds_ = 0;  ///< from a trial's assignment to its first step
  SpeedLearner learner_;
  bool has_learnt_ = false;         ///< since the queue was ordered last
  std::int64_t ordered_slots_ = 0;  ///< that it was ordered for
  Clock::time_point next_order_;
  std::int64_t heartbeats_ = 0;
  Clock::time_point last_heartbeat_;
  Clock::time_point last_report_;
  Clock::time_point last_commit_;
  Clock::time_point last_look_at_peers_;
  IoThread growth_thread_;  ///< may wait for a sampler while files are written; ends first
};

template <typename T>
void Manager::tell(int rank, const T& body) {
  if (ranks_[static_cast<std::size_t>(rank)].is_lost) return;
  try {
    run_.communicator.send(rank, process::encode(process::make_message(body)));
  } catch (const mpi::MpiError&) {
    // Gone: its silence is noticed by watch_ranks, which also takes its work back.
    ranks_[static_cast<std::size_t>(rank)].last_heard = Clock::time_point::min();
  }
}

}  // namespace attempt::schedule
