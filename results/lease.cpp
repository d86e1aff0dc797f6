#include "results/lease.h"

#include <fstream>

#include "results/publish.h"

namespace attempt::results {

namespace {

/// "<run_id> <attempt>", the form of checkpoint names.
std::string text_of(const Lease& lease) {
  return lease.run_id + " " + std::to_string(lease.attempt) + "\n";
}

}  // namespace

void write_lease(const StudyFolder& folder, const std::string& trial_id, const Lease& lease) {
  replace_file(folder.lease(trial_id), text_of(lease));
}

bool is_lease_ours(const StudyFolder& folder, const std::string& trial_id, const Lease& lease) {
  std::ifstream in(folder.lease(trial_id));
  std::string held;
  if (!std::getline(in, held)) return true;
  return held + "\n" == text_of(lease);
}

}  // namespace attempt::results
