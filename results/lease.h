#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "results/study_folder.h"

namespace attempt::results {

/// The attempt of a trial that may write: leases/<trial_id>.<attempt>; the highest number holds the
/// trial. The manager makes it before it sends the assignment, so a trainer that was stalled
/// meanwhile (a stopped process, a lost network) finds a higher one and leaves. It fences; that no
/// result is replaced is up to link(2). leases/<trial_id> repeats the latest for who wants to read.
struct Lease {
  std::string run_id;
  std::int64_t attempt = 1;
  std::int64_t faults = 0;   ///< attempts that the trial lost to its own faults before this one
  bool is_released = false;  ///< its run ended this attempt without a result, and goes on
};

/// For the run that holds the study alone: whoever held the trial is followed. Visible to other
/// hosts at once, not synced to disk. @throws StoreError
void write_lease(const StudyFolder& folder, const std::string& trial_id, const Lease& lease);

/// For runs that share a study: of several that claim an attempt one gets it, by link(2).
/// @return false when this attempt, or a later one, is another's. @throws StoreError
bool claim_lease(const StudyFolder& folder, const std::string& trial_id, const Lease& lease);

/// Leaves the trial to whoever comes next. `lease` is ours: its file has no other writer.
/// @throws StoreError
void release_lease(const StudyFolder& folder, const std::string& trial_id, Lease lease);

/// Whether nobody else holds it: a lease that is not there is nobody's.
bool is_lease_ours(const StudyFolder& folder, const std::string& trial_id, const Lease& lease);

/// Trial -> number of its latest attempt. Lists a folder, reads no file.
std::map<std::string, std::int64_t> latest_attempts(const StudyFolder& folder);

/// Of no run when the file cannot be read.
Lease read_lease(const StudyFolder& folder, const std::string& trial_id, std::int64_t attempt);

}  // namespace attempt::results
