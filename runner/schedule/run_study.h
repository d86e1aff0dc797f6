#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "results/study_folder.h"
#include "runner/mpi/communicator.h"
#include "runner/process/deadline.h"
#include "runner/process/message.h"
#include "runner/process/signals.h"
#include "runner/sweep/plan.h"

namespace attempt::schedule {

/// What runs on one slot of one rank now.
struct WorkerState {
  int rank = 0;
  std::string host;
  process::Progress progress;     ///< node_id "" when idle
  std::int64_t bundle_width = 1;  ///< trials that began together in this one's slot
};

struct StudyCounts {
  std::int64_t waiting = 0;
  std::int64_t running = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t blocked = 0;
};

/// Told on rank 0, by the thread that calls MPI: it must not wait for anything.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void trial_started(const process::Assignment& assignment, int rank) = 0;
  virtual void trial_ended(const process::Outcome& outcome, int rank, bool will_retry) = 0;
  /// About once a second.
  virtual void progress(const StudyCounts& counts, const std::vector<WorkerState>& workers) = 0;
  virtual void note(const std::string& text) = 0;  ///< e.g. a lost rank, a stop request
  /// A pruner stops a trial, which ends with its best evaluation.
  virtual void trial_cut_short(const std::string& /*id*/, const std::string& /*reason*/) {}
  virtual void trials_added(const sweep::Plan& /*more*/) {}
};

/// A trial that has ended for good.
struct EndedTrial {
  std::string trial_id;
  bool has_succeeded = false;  ///< false: it failed, or waits for one that failed
};

/// A study whose later trials follow from the results of earlier ones.
class StudyGrowth {
 public:
  virtual ~StudyGrowth() = default;
  /// Called once before the first trial (of none), then whenever trials have ended; by one thread
  /// that may wait and read files.
  /// @return the trials that follow, with their prepare nodes and needs; none where nothing does.
  /// @throws std::exception to end the run: exit code 3 with its text, the study intact.
  virtual sweep::Plan grow(const std::vector<EndedTrial>& ended) = 0;
  /// Makes a grow() that waits give up; by another thread.
  virtual void cancel() = 0;
};

/// Ends trials before their time. Told and asked by the thread that calls MPI: must not wait.
class TrialJudge {
 public:
  virtual ~TrialJudge() = default;
  /// Trials that may run from now on.
  virtual void add(const sweep::Plan& plan) = 0;
  /// After each evaluation, with all of them so far. @return why the trial's training ends here;
  /// "" to go on.
  virtual std::string judge(const std::string& trial_id, const std::vector<std::int64_t>& steps,
                            const std::vector<double>& selections) = 0;
};

struct StudyRun {
  const sweep::Plan* plan = nullptr;  ///< rank 0 only
  results::StudyFolder folder;
  mpi::Communicator& communicator;
  std::string run_id;  ///< rank 0 only
  std::filesystem::path trainer;
  RunObserver* observer = nullptr;  ///< rank 0 only; may be null
  /// Made by the caller before anything slow, so that no signal kills it unseen.
  const process::StopSignals& signals;
  /// Other runs share the study: trials are claimed by leases, and what others end counts.
  bool is_joined = false;
  double lease_seconds = 120;  ///< a run that shows no life for so long loses its trials
  double heartbeat_timeout_seconds = 120;  ///< on other ranks: until they are told
  double stop_grace_seconds = 60;          ///< for trainers to write their checkpoints
  /// Rank 0 only; may be null. By its end all must be over: trainers are asked to leave some time
  /// before.
  const process::Deadline* deadline = nullptr;
  StudyGrowth* growth = nullptr;  ///< rank 0 only; may be null
  TrialJudge* judge = nullptr;    ///< rank 0 only; may be null
};

struct FailedTrial {
  std::string node_id;
  std::string message;
};

struct RunResult {
  int exit_code = 0;  ///< interfaces.md section 1; also in run/<run_id>.exit, written by rank 0
  /// A rank was lost: nobody may call MPI_Finalize (ScopedMpi::abandon), the process should end
  /// with _exit.
  bool is_rank_lost = false;
  std::string stop_reason;  ///< "" unless it stopped early
  StudyCounts counts;
  std::vector<FailedTrial> failures;  ///< of this run
};

/// Runs a study; called on every rank. The study's folders exist, and events/ can be written. After
/// it has returned a watchdog ends the process within 6 s.
/// @throws results::StoreError on rank 0 when the study cannot be written.
RunResult run_study(const StudyRun& run);

}  // namespace attempt::schedule
