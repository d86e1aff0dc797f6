#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "results/study_members.h"

namespace attempt::schedule {

/// What the other runs of a joined study have done and do.
struct PeerNews {
  struct Claim {
    std::string trial_id;
    std::int64_t attempt = 0;  ///< the latest
    std::int64_t faults = 0;   ///< attempts lost to the trial's own faults
    bool is_held = false;      ///< by a run that lives
  };
  std::vector<Claim> claims;  ///< of unfinished trials, but for those of this run
  std::vector<std::string> succeeded;
  std::vector<std::string> failed;
  std::string shared_device;  ///< of MemberWatch
};

/// Reads that from the study's files. For one thread.
class PeerWatch {
 public:
  PeerWatch(const results::StudyFolder& folder, std::chrono::milliseconds patience);

  /// @param mine  of the run that looks
  PeerNews look(const results::RunHolder& mine, results::MemberWatch::Clock::time_point now);

 private:
  const results::StudyFolder folder_;
  results::MemberWatch members_;
  std::set<std::string> ended_;  ///< their leases need no reading
};

}  // namespace attempt::schedule
