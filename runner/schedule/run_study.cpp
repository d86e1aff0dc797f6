#include "runner/schedule/run_study.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "results/abandoned.h"
#include "results/event_log.h"
#include "results/lease.h"
#include "results/publish.h"
#include "results/study_files.h"
#include "results/verify.h"
#include "runner/mpi/mpi_error.h"
#include "runner/schedule/agent.h"
#include "runner/schedule/heartbeats.h"
#include "runner/schedule/manager.h"

namespace attempt::schedule {

namespace {

constexpr int kEnvironmentError = 3;
constexpr int kShortestSleepMs = 1;
constexpr int kShortSleeps = 8;  // an answer over MPI takes a few milliseconds, and wakes nobody
constexpr int kLongestSleepMs = 10;  // under MPI: messages only move while somebody asks
constexpr int kLongestSleepAloneMs = 50;
constexpr auto kShutdownLimit = std::chrono::seconds(6);

/// Of a signal that asks for an end (process::StopSignals).
std::string name_of(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGUSR1";
}

/// Whatever hangs from now on (MPI_Finalize, a file system) hangs for 6 s at most.
void start_watchdog(int exit_code) {
  std::thread([exit_code] {
    std::this_thread::sleep_for(kShutdownLimit);
    ::_exit(exit_code);
  }).detach();
}

/// Sleeps until a trainer or a signal has something to say, longer from call to call.
class IdleWait {
 public:
  IdleWait(const StudyRun& run, const Agent& agent)
      : run_(run),
        agent_(agent),
        longest_ms_(run.communicator.is_null() ? kLongestSleepAloneMs : kLongestSleepMs) {}

  void wait(bool has_news) {
    sleeps_ = has_news ? 0 : sleeps_ + 1;
    sleep_ms_ = sleeps_ <= kShortSleeps ? kShortestSleepMs : std::min(sleep_ms_ * 2, longest_ms_);
    std::vector<pollfd> waited;
    agent_.add_descriptors(waited);
    if (process::StopSignals::received() == 0) {
      waited.push_back({run_.signals.descriptor(), POLLIN, 0});
    }
    ::poll(waited.data(), waited.size(), sleep_ms_);
  }

 private:
  const StudyRun& run_;
  const Agent& agent_;
  int longest_ms_;
  int sleep_ms_ = kShortestSleepMs;
  std::int64_t sleeps_ = 0;  ///< without news
};

/// @return whether a message came. `manager` is null on all ranks but 0, and at the end.
bool dispatch_messages(mpi::Communicator& communicator, Agent& agent, Manager* manager) {
  bool has_news = false;
  while (const auto received = communicator.receive()) {
    has_news = true;
    const process::Message message = process::decode(received->bytes);
    const bool is_for_agent = message.kind == "settings" || message.kind == "assignment" ||
                              message.kind == "stop" || message.kind == "finish" ||
                              (message.kind == "heartbeat" && communicator.rank() != 0);
    if (is_for_agent) {
      agent.handle(message, Clock::now());
    } else if (manager != nullptr) {
      manager->handle(received->source, message, Clock::now());
    }
  }
  return has_news;
}

void finish_agent(const StudyRun& run, Agent& agent) {
  IdleWait idle(run, agent);
  while (!agent.is_finished() || run.communicator.has_unsent()) {
    bool has_news = dispatch_messages(run.communicator, agent, nullptr);
    has_news = agent.step(Clock::now()) || has_news;
    idle.wait(has_news);
  }
}

RunResult run_agent(const StudyRun& run, Agent& agent) {
  IdleWait idle(run, agent);
  while (!agent.is_finished()) {
    bool has_news = dispatch_messages(run.communicator, agent, nullptr);
    has_news = agent.step(Clock::now()) || has_news;
    idle.wait(has_news);
  }
  RunResult result;
  result.is_rank_lost = agent.is_rank_lost();
  result.exit_code = agent.is_orphaned() ? kEnvironmentError : 0;
  start_watchdog(result.exit_code);
  return result;
}

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(1000 * seconds));
}

/// Events may be lost, leases show which numbers attempts have had.
std::map<std::string, results::TrialState> study_state(const results::StudyFolder& folder) {
  auto state = results::fold_study_state(folder, results::read_events(folder));
  for (const auto& [trial_id, attempt] : results::latest_attempts(folder)) {
    state[trial_id].started = std::max(state[trial_id].started, attempt);
  }
  return state;
}

/// Puts right what earlier runs left, and takes what other studies have finished.
/// @return the state of the study.
std::map<std::string, results::TrialState> take_up(const StudyRun& run, StudyWriter& writer) {
  // Those of a joined study may have writers that live.
  if (!run.is_joined) results::remove_abandoned(run.folder);
  for (const std::string& id : results::published_trials(run.folder)) {
    if (!std::filesystem::exists(run.folder.digest(id))) {
      results::verify_and_complete(run.folder, id);  // its publisher was killed too early
    }
  }
  if (!run.plan->store_path.empty()) {
    std::vector<std::string> ids;
    for (const sweep::PlannedTrial& trial : run.plan->trials) ids.push_back(trial.spec.trial_id);
    writer.share(run.plan->store_path, ids);
  }
  return study_state(run.folder);
}

RunResult run_manager(const StudyRun& run, Agent& agent, IoThread& io) {
  StudyWriter writer(run.folder, run.run_id, io,
                     run.is_joined ? std::optional(milliseconds(run.lease_seconds)) : std::nullopt);
  std::map<std::string, results::TrialState> state;
  work_with_heartbeats(run.communicator, run.heartbeat_timeout_seconds,
                       [&] { state = take_up(run, writer); });
  Manager manager(run, state, writer);
  manager.greet();
  IdleWait idle(run, agent);
  while (!manager.is_done()) {
    if (const int signal = process::StopSignals::received(); signal != 0) {
      manager.request_stop(name_of(signal) + " was received");
    }
    bool has_news = dispatch_messages(run.communicator, agent, &manager);
    const Clock::time_point now = Clock::now();
    has_news = agent.step(now) || has_news;
    has_news = manager.step(now) || has_news;
    idle.wait(has_news);
  }
  RunResult result = manager.end();
  if (!run.communicator.is_null()) start_watchdog(result.exit_code);
  writer.finish(result.exit_code);
  finish_agent(run, agent);
  if (const std::string problem = writer.problem(); !problem.empty()) {
    result.exit_code = kEnvironmentError;
    result.stop_reason = problem;
  }
  return result;
}

}  // namespace

RunResult run_study(const StudyRun& run) {
  IoThread io;
  Agent agent({run.folder, run.trainer, run.stop_grace_seconds, run.heartbeat_timeout_seconds},
              run.communicator, io);
  if (run.communicator.rank() != 0) return run_agent(run, agent);
  try {
    return run_manager(run, agent, io);
  } catch (const std::exception&) {
    results::write_file_atomically(run.folder.exit_file(run.run_id),
                                   std::to_string(kEnvironmentError) + "\n");
    throw;
  }
}

}  // namespace attempt::schedule
