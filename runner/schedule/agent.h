#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "results/study_folder.h"
#include "runner/mpi/communicator.h"
#include "runner/process/trainer_process.h"
#include "runner/schedule/io_thread.h"

namespace attempt::schedule {

using Clock = std::chrono::steady_clock;

/// Reasons of Stop messages that end the agents themselves; any other only stops the trainers.
inline constexpr const char* kEndOfRun = "end of run";
inline constexpr const char* kEndAfterLostRank = "end of run after a lost rank";

struct AgentSetup {
  results::StudyFolder folder;
  std::filesystem::path trainer;
  double stop_grace_seconds = 60;
  double heartbeat_timeout_seconds = 120;  ///< until the manager's settings come
};

/// Supervises the trainers of one rank: one a slot, kept from trial to trial, replaced when it
/// crashes. Does no file work and never waits; step() is called every few milliseconds.
class Agent {
 public:
  Agent(AgentSetup setup, mpi::Communicator& communicator, IoThread& io);

  void handle(const process::Message& message, Clock::time_point now);
  /// @return whether anything happened.
  bool step(Clock::time_point now);

  bool is_finished() const;  ///< told to end, and no trainer is left
  bool is_rank_lost() const { return is_rank_lost_; }
  /// The manager was not heard of for longer than the heartbeat timeout.
  bool is_orphaned() const { return is_orphaned_; }
  void add_descriptors(std::vector<pollfd>& waited) const;

 private:
  struct Answer {
    process::Outcome outcome;
    std::future<std::vector<std::string>> evidence;
  };
  struct Work {
    process::Assignment assignment;
    process::Progress progress = {};  ///< last heard of it
  };
  struct Slot {
    std::string device;
    std::int64_t index = 0;
    std::filesystem::path log;
    std::unique_ptr<process::TrainerProcess> trainer;
    std::vector<Work> work;  ///< several of a bundle
    Clock::time_point started;
    Clock::time_point last_sign;  ///< of life: assignment, or a message
    std::deque<Answer> answers;
    std::optional<Clock::time_point> kill_at;
    bool is_killed = false;   ///< by the agent, after the grace
    bool is_retired = false;  ///< its device takes no more work
    bool is_hanging = false;  ///< killed for that
  };

  void configure(const process::Settings& settings);
  void assign(const process::Assignment& assignment, Clock::time_point now);
  void start_trainer(Slot& slot);
  void finish(const process::Finish& finish);
  void stop_trainers(const std::string& reason, double grace_seconds, Clock::time_point now);
  bool read_messages(Slot& slot);
  /// The work of a slot that a message is about; null: none.
  template <typename T>
  static Work* find_work(Slot& slot, const T& message);
  void end_attempt(Slot& slot, process::Outcome outcome);
  /// Ends all that a slot works on in one way.
  void end_attempts(Slot& slot, const process::Outcome& outcome);
  void trainer_ended(Slot& slot, const std::string& problem);
  bool send_answer(Slot& slot);
  void watch_slot(Slot& slot, Clock::time_point now);
  void watch_manager(Clock::time_point now);
  void forgive_own_stall(Clock::time_point now);
  template <typename T>
  void tell_manager(const T& body);

  AgentSetup setup_;
  mpi::Communicator& communicator_;
  IoThread& io_;
  process::Settings settings_;
  std::vector<Slot> slots_;
  std::vector<int> cpus_;
  std::int64_t cpu_parts_ = 1;
  std::int64_t first_part_ = 0;
  std::int64_t heartbeats_ = 0;
  Clock::time_point last_heard_;
  Clock::time_point last_heartbeat_;
  std::optional<Clock::time_point> last_step_;
  bool is_ending_ = false;
  bool is_rank_lost_ = false;
  bool is_orphaned_ = false;
};

}  // namespace attempt::schedule
