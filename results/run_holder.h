#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/study_folder.h"

namespace attempt::results {

/// Who runs a study: run/holder.<number>.json, which its manager writes again every second or so
/// with the next `beat`. The highest number holds the study. A number is made once, by link(2), and
/// written by its run alone ever after: a stalled run that comes back can't undo a take-over, on
/// any file system and whatever its clock says.
struct RunHolder {
  std::int64_t number = 0;  ///< 0: holds nothing yet
  std::string run_id;
  std::string host;
  std::string machine;  ///< boot id and process namespace: within it `pid` means something
  std::int64_t pid = 0;
  std::int64_t started = 0;  ///< of the process, in clock ticks since boot: pids are used again
  std::string job;           ///< SLURM_JOB_ID, "" outside
  std::vector<std::string> devices;  ///< "<host> <UUID>" of a member's GPUs
  std::int64_t beat = 0;
  bool has_left = false;
};

/// This process, as the holder of `run_id`.
RunHolder this_process(const std::string& run_id);

/// Whoever holds the study, alive or not; nobody when the last one has left. A damaged file holds
/// it under a name of no run.
std::optional<RunHolder> read_holder(const StudyFolder& folder);

/// Whether the process is known to be gone: there is no such process on this machine. One of
/// another machine, or of an earlier start of this one, is never known to be: its beat is waited
/// for.
bool is_known_gone(const RunHolder& holder);

/// "run 2026... (process 12 on node3, Slurm job 7)"
std::string describe(const RunHolder& holder);

/// As a holder's file has it. Also of a member's: study_members.h.
std::string text_of(const RunHolder& holder);
RunHolder read_holder_file(const std::filesystem::path& path);

/// Whoever holds the study alone and lives: asked for a beat for up to `patience`. One that is
/// known to be gone, or did not beat, is ended by the next number, which holds nothing: when it
/// comes back it finds that at its next beat.
/// @throws StoreError when the folder cannot be written.
std::optional<RunHolder> end_stale_holder(const StudyFolder& folder, const RunHolder& mine,
                                          std::chrono::milliseconds patience);

/// Takes the study for `mine`, unless somebody lives who holds it: one that is known to be gone is
/// followed at once, any other only when its beat did not change for `patience` (a stalled one
/// finds out at its next beat). Waits up to that long.
/// @return whoever holds it instead; nothing when it is ours now.
/// @throws StoreError when the folder cannot be written.
std::optional<RunHolder> take_study(const StudyFolder& folder, RunHolder mine,
                                    std::chrono::milliseconds patience);

/// Writes the next beat. @return false when the study is not ours (any more): our run must end.
bool beat(const StudyFolder& folder, RunHolder& mine);

/// Leaves the study if it is ours.
void leave_study(const StudyFolder& folder, const std::string& run_id);

}  // namespace attempt::results
