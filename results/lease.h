#pragma once

#include <cstdint>
#include <string>

#include "results/study_folder.h"

namespace attempt::results {

/// The attempt of a trial that may write: leases/<trial_id>. The manager names it before it sends
/// the assignment, so a trainer that was stalled meanwhile (a stopped process, a lost network)
/// finds another one there and leaves. It fences; that no result is replaced is up to link(2).
struct Lease {
  std::string run_id;
  std::int64_t attempt = 1;
};

/// Replaces whoever held it; visible to other hosts at once, not synced to disk.
/// @throws StoreError
void write_lease(const StudyFolder& folder, const std::string& trial_id, const Lease& lease);

/// Whether nobody else holds it: a lease that is not there is nobody's.
bool is_lease_ours(const StudyFolder& folder, const std::string& trial_id, const Lease& lease);

}  // namespace attempt::results
