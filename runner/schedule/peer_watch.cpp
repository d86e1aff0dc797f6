#include "runner/schedule/peer_watch.h"

#include <filesystem>

#include "results/lease.h"

namespace attempt::schedule {

namespace fs = std::filesystem;

namespace {

/// Names without `suffix` of the files of a folder.
std::vector<std::string> names_in(const fs::path& folder, const std::string& suffix) {
  std::vector<std::string> names;
  std::error_code none_yet;
  for (const auto& entry : fs::directory_iterator(folder, none_yet)) {
    const std::string name = entry.path().filename().string();
    if (name[0] == '.' || !name.ends_with(suffix)) continue;
    names.push_back(name.substr(0, name.size() - suffix.size()));
  }
  return names;
}

}  // namespace

PeerWatch::PeerWatch(const results::StudyFolder& folder, std::chrono::milliseconds patience)
    : folder_(folder), members_(folder, patience) {}

PeerNews PeerWatch::look(const results::RunHolder& mine,
                         results::MemberWatch::Clock::time_point now) {
  PeerNews news;
  members_.look(now);
  news.shared_device = members_.shared_device(mine);
  for (const auto& [trial_id, attempt] : results::latest_attempts(folder_)) {
    if (ended_.contains(trial_id)) continue;
    const results::Lease lease = results::read_lease(folder_, trial_id, attempt);
    if (lease.run_id == mine.run_id) continue;
    const bool is_held = !lease.is_released && members_.is_alive(lease.run_id);
    news.claims.push_back({trial_id, attempt, lease.faults, is_held});
  }
  // After the claims: whoever ended a trial meanwhile is seen here.
  news.succeeded = names_in(folder_.trials(), ".h5");
  news.failed = names_in(folder_.failed_folder(), ".json");
  ended_.insert(news.succeeded.begin(), news.succeeded.end());
  ended_.insert(news.failed.begin(), news.failed.end());
  return news;
}

}  // namespace attempt::schedule
