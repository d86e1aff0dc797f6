#include "results/lease.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "results/publish.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

const std::string kReleased = "released";

fs::path lease_file(const StudyFolder& folder, const std::string& trial_id, std::int64_t attempt) {
  fs::path path = folder.lease(trial_id);
  path += "." + std::to_string(attempt);
  return path;
}

/// "<run_id> <attempt>", the form of checkpoint names.
std::string holder_of(const Lease& lease) {
  return lease.run_id + " " + std::to_string(lease.attempt);
}

std::string text_of(const Lease& lease) {
  return holder_of(lease) + " " + std::to_string(lease.faults) +
         (lease.is_released ? " " + kReleased : "") + "\n";
}

Lease read_file(const fs::path& path) {
  std::ifstream in(path);
  Lease lease;
  lease.attempt = 0;
  std::string state;
  in >> lease.run_id >> lease.attempt >> lease.faults >> state;
  lease.is_released = state == kReleased;
  return lease;
}

}  // namespace

void write_lease(const StudyFolder& folder, const std::string& trial_id, const Lease& lease) {
  replace_file(lease_file(folder, trial_id, lease.attempt), text_of(lease));
  replace_file(folder.lease(trial_id), holder_of(lease) + "\n");
}

bool claim_lease(const StudyFolder& folder, const std::string& trial_id, const Lease& lease) {
  const auto latest = latest_attempts(folder);
  const auto found = latest.find(trial_id);
  if (found != latest.end() && found->second >= lease.attempt) return false;
  if (!create_file(lease_file(folder, trial_id, lease.attempt), text_of(lease))) return false;
  replace_file(folder.lease(trial_id), holder_of(lease) + "\n");
  return true;
}

void release_lease(const StudyFolder& folder, const std::string& trial_id, Lease lease) {
  lease.is_released = true;
  replace_file(lease_file(folder, trial_id, lease.attempt), text_of(lease));
}

bool is_lease_ours(const StudyFolder& folder, const std::string& trial_id, const Lease& lease) {
  if (fs::exists(lease_file(folder, trial_id, lease.attempt + 1))) return false;
  const Lease same = read_file(lease_file(folder, trial_id, lease.attempt));
  if (same.run_id.empty()) return !fs::exists(folder.lease(trial_id));
  if (same.run_id != lease.run_id) return false;
  // Numbers may be skipped after files were lost. Runs that share a study may write this one in any
  // order: only a later attempt in it says anything.
  const Lease latest = read_file(folder.lease(trial_id));
  return latest.attempt < lease.attempt ||
         (latest.attempt == lease.attempt && latest.run_id == lease.run_id);
}

std::map<std::string, std::int64_t> latest_attempts(const StudyFolder& folder) {
  std::map<std::string, std::int64_t> latest;
  std::error_code none_yet;
  for (const auto& entry : fs::directory_iterator(folder.leases(), none_yet)) {
    const std::string name = entry.path().filename().string();
    const std::size_t dot = name.rfind('.');
    if (name[0] == '.' || dot == std::string::npos) continue;
    std::int64_t& attempt = latest[name.substr(0, dot)];
    attempt = std::max<std::int64_t>(attempt, std::atoll(name.c_str() + dot + 1));
  }
  return latest;
}

Lease read_lease(const StudyFolder& folder, const std::string& trial_id, std::int64_t attempt) {
  Lease lease = read_file(lease_file(folder, trial_id, attempt));
  lease.attempt = attempt;
  return lease;
}

}  // namespace attempt::results
