#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "results/study_folder.h"

namespace attempt::results {

/// One line of events/<run_id>.jsonl. `type`: "run_started", "run_ended", "trial_planned",
/// "attempt_started", "attempt_ended", "trial_published", "trial_failed", "trial_retried",
/// "rank_lost", "progress", ...; the rest of the fields lie in `data`. The fold reads
/// run_started {join: bool}, attempt_started {attempt}, attempt_ended {status: "succeeded" |
/// "failed" | "interrupted" | "lost", message}, trial_published {digest, validation: best score,
/// where it is known}, trial_failed {message}, micro_batch_reduced {micro_batch},
/// bundles_narrowed {width}; other types and fields are history.
struct Event {
  std::string type;
  std::string time;  ///< UTC, ISO 8601 with milliseconds
  std::string run_id;
  std::int64_t sequence = 0;
  std::string trial_id;  ///< "" where it concerns none
  nlohmann::json data;
};

/// Append-only writer with a checksum a line; one writer a file. flush() is a group commit (fsync).
class EventLog {
 public:
  EventLog(const StudyFolder& folder, std::string run_id);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  /// @throws StoreError when the disk refuses; what was not written is kept for the next call.
  void append(const std::string& type, const std::string& trial_id, nlohmann::json data);
  void flush();

 private:
  void write_buffer();
  void cut_half_line();

  std::string run_id_;
  std::int64_t sequence_ = 0;
  std::int64_t written_bytes_ = 0;  ///< whole lines in the file
  int descriptor_ = -1;
  std::string buffer_;
  std::filesystem::path path_;
};

/// Reads every event file of a study in time order (within a file: in its own order, whatever its
/// clock did); damaged or half-written lines are skipped and counted.
struct EventHistory {
  std::vector<Event> events;
  std::int64_t damaged_lines = 0;
  /// Files whose last line has no end: its writer is writing, or died while writing.
  std::int64_t unfinished_lines = 0;
};
EventHistory read_events(const StudyFolder& folder);

enum class TrialStatus { kWaiting, kRunning, kSucceeded, kFailed };

struct TrialState {
  TrialStatus status = TrialStatus::kWaiting;
  std::int64_t attempts = 0;  ///< attempts lost to the trial's own faults
  std::int64_t started =
      0;               ///< attempts started at all: the number the next one gets is started + 1
  std::string reason;  ///< of the last failure
  std::string digest;  ///< of the published file
  /// The best validation score, where the event says it; the trial's file has it in any case.
  std::optional<double> validation;
  std::int64_t micro_batch = 0;  ///< that fitted into memory where the sweep's did not; 0: none
  /// Of the bundles of trials like it, since memory did not suffice for wider ones; 0: any.
  std::int64_t bundle_width = 0;
};

/// Fold of all events over the files that exist: a trial whose file exists has succeeded, one with
/// failed/<id>.json has failed, whatever the events say.
std::map<std::string, TrialState> fold_study_state(const StudyFolder& folder,
                                                   const EventHistory& history);

}  // namespace attempt::results
