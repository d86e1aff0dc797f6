#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "results/run_holder.h"

namespace attempt::results {

/// Runs that share a study (`attempt run --join`). Each has a file run/member.<run_id>.json, in the
/// form of a holder, that it alone writes and whose beat it counts up; it removes it when it
/// leaves. A member lives as long as an observer's own clock sees its beat change within the
/// patience: no clocks are compared. What it held is then free for others (lease.h).
///
/// Members and a run that holds the study alone exclude each other: each first writes its own file
/// and then looks for the other's, so of two that begin at once at least one sees the other.

/// @return whoever holds the study alone; nothing when `mine` has joined. Waits up to `patience`
/// for a beat of one that may be gone. @throws StoreError
std::optional<RunHolder> join_study(const StudyFolder& folder, const RunHolder& mine,
                                    std::chrono::milliseconds patience);

/// Writes the next beat. @return false when another run holds the study alone now: ours must end.
bool beat_member(const StudyFolder& folder, RunHolder& mine);

/// Those that have not left, alive or not.
std::vector<RunHolder> read_members(const StudyFolder& folder);

void leave_members(const StudyFolder& folder, const std::string& run_id);

/// run/<run_id>.stop: as the study's stop file, for this member alone.
std::filesystem::path stop_file_of(const StudyFolder& folder, const std::string& run_id);

/// A member that lives, for a run that wants the study alone: it asks before it takes the study,
/// which would end the members, and once more after that. Waits up to `patience` for beats and
/// removes the files of those that are gone.
std::optional<RunHolder> living_member(const StudyFolder& folder,
                                       std::chrono::milliseconds patience);

/// Which members live, as their beats tell whoever looks often enough.
class MemberWatch {
 public:
  using Clock = std::chrono::steady_clock;

  MemberWatch(StudyFolder folder, std::chrono::milliseconds patience)
      : folder_(std::move(folder)), patience_(patience) {}

  void look(Clock::time_point now);
  /// Of the last look. One that was never seen before is given the patience.
  bool is_alive(const std::string& run_id) const { return alive_.contains(run_id); }
  std::size_t count() const { return alive_.size(); }
  /// "" or a device of `mine` that a member which lives, and was there before, has too, and whose.
  std::string shared_device(const RunHolder& mine) const;
  /// A member whose beat has changed since it was first seen; nobody if none.
  std::optional<RunHolder> seen_beating() const;

 private:
  struct Seen {
    RunHolder member;
    std::int64_t first_beat = 0;
    Clock::time_point changed;
  };

  StudyFolder folder_;
  std::chrono::milliseconds patience_;
  std::map<std::string, Seen> seen_;
  std::set<std::string> alive_;
};

}  // namespace attempt::results
