#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "results/event_log.h"
#include "results/run_holder.h"
#include "results/shared_store.h"
#include "runner/process/message.h"
#include "runner/schedule/io_thread.h"
#include "runner/schedule/peer_watch.h"

namespace attempt::schedule {

/// The manager's files, written in order by the IoThread: events, specs, leases, failed/, state,
/// exit file. The first write that the disk refuses is kept as problem().
class StudyWriter {
 public:
  /// Opens the event file. @throws results::StoreError
  /// @param join_patience  of a run that shares the study: how long the beat of another may stay
  ///                       the same before its trials are taken over. Nothing: it is held alone.
  StudyWriter(results::StudyFolder folder, std::string run_id, IoThread& io,
              std::optional<std::chrono::milliseconds> join_patience);

  /// Takes from the store what it has of these trials, and gives it what the study has; before
  /// anything else. @throws results::StoreError
  void share(const std::filesystem::path& store, const std::vector<std::string>& trial_ids);

  ~StudyWriter();  ///< waits for its work on the IoThread
  StudyWriter(const StudyWriter&) = delete;
  StudyWriter& operator=(const StudyWriter&) = delete;

  void event(const std::string& type, const std::string& trial_id, nlohmann::json data);
  /// @param data  called on the thread that does the file work: for what happens with every trial
  void event(const std::string& type, const std::string& trial_id,
             std::function<nlohmann::json()> data);
  /// Puts the events so far on disk, if there are new ones.
  void commit();
  void failed_trial(const std::string& trial_id, nlohmann::json content);
  /// What a trainer needs before its assignment: its spec, and the lease that it holds it.
  /// @param spec     makes its text, on the thread that does the file work
  /// @param faults   attempts that the trial lost to its own faults
  /// @param started  data of the event that is written then; called there too
  /// @return ready once both can be read; false when another run of a joined study was quicker.
  std::future<bool> assignment(const process::Assignment& assignment,
                               std::function<std::string()> spec, std::int64_t faults,
                               std::function<nlohmann::json()> started);
  /// Leaves a trial that is not finished to whichever run of a joined study comes next.
  void release(const process::Assignment& assignment, std::int64_t faults);
  /// "<host> <UUID>": this run has it.
  void add_device(const std::string& device);
  /// What the other runs do; for a joined study.
  std::future<PeerNews> look_at_peers();
  /// Once a second or so: puts events on disk, writes run/<run_id>.state.json, looks for the stop
  /// file and for whether the study is still ours. Does nothing while the last one is not done.
  void tick(nlohmann::json state);
  /// Gives a finished trial to the store that studies share, if there is one. A store that refuses
  /// is no reason to stop: what was not given is given by the next run.
  void give(const std::string& trial_id);
  /// Waits until everything is on disk, the exit file last.
  void finish(int exit_code);

  bool has_stop_file() const { return has_stop_file_; }
  /// Another run took the study over, as this one was not heard of for long.
  bool has_lost_study() const { return has_lost_study_; }
  std::string problem() const;  ///< "" while all is well

 private:
  template <typename Work>
  std::future<void> post(Work work);
  void keep_problem(const std::exception& error);
  bool has_new_stop_file() const;

  const results::StudyFolder folder_;
  const std::string run_id_;
  IoThread& io_;
  std::optional<PeerWatch> peers_;
  std::unique_ptr<results::EventLog> events_;
  std::optional<results::SharedStore> store_;
  std::future<void> last_tick_;
  bool has_new_events_ = false;
  results::RunHolder holder_;  ///< of the IoThread
  /// The stop file of a joined study stays until all have seen it: one that was there before this
  /// run is not meant for it.
  std::filesystem::file_time_type old_stop_;
  std::atomic<bool> has_stop_file_ = false;
  std::atomic<bool> has_lost_study_ = false;
  mutable std::mutex mutex_;
  std::string problem_;
};

}  // namespace attempt::schedule
