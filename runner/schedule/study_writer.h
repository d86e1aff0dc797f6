#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "results/event_log.h"
#include "runner/schedule/io_thread.h"

namespace attempt::schedule {

/// The manager's files, written in order by the IoThread: events, specs, failed/, state, exit file.
/// The first write that the disk refuses is kept as problem().
class StudyWriter {
 public:
  /// Opens the event file and removes an old stop file. @throws results::StoreError
  StudyWriter(results::StudyFolder folder, std::string run_id, IoThread& io);

  ~StudyWriter();  ///< waits for its work on the IoThread
  StudyWriter(const StudyWriter&) = delete;
  StudyWriter& operator=(const StudyWriter&) = delete;

  void event(const std::string& type, const std::string& trial_id, nlohmann::json data);
  void failed_trial(const std::string& trial_id, nlohmann::json content);
  /// @return ready once the file is on disk.
  std::future<void> spec(const std::string& path, std::string content);
  /// Once a second or so: puts events on disk, writes run/<run_id>.state.json, looks for the stop
  /// file. Does nothing while the last one is not done.
  void tick(nlohmann::json state);
  /// Waits until everything is on disk, the exit file last.
  void finish(int exit_code);

  bool has_stop_file() const { return has_stop_file_; }
  std::string problem() const;  ///< "" while all is well

 private:
  template <typename Work>
  std::future<void> post(Work work);

  const results::StudyFolder folder_;
  const std::string run_id_;
  IoThread& io_;
  std::unique_ptr<results::EventLog> events_;
  std::future<void> last_tick_;
  std::atomic<bool> has_stop_file_ = false;
  mutable std::mutex mutex_;
  std::string problem_;
};

}  // namespace attempt::schedule
