#include "results/study_folder.h"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <random>
#include <system_error>

#include "results/store_error.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

/// `id` comes from a command line or a file: it must name something inside the study.
fs::path inside(const fs::path& folder, const std::string& id, const std::string& suffix) {
  if (id.empty() || id[0] == '.' || id.find('/') != std::string::npos ||
      id.find('\0') != std::string::npos) {
    throw StoreError(folder.string(), "'" + id +
                                          "' is not an id (it would name a file elsewhere). Use an "
                                          "id as `attempt status` prints it.");
  }
  return folder / (id + suffix);
}

}  // namespace

fs::path StudyFolder::trial(const std::string& trial_id) const {
  return inside(trials(), trial_id, ".h5");
}
fs::path StudyFolder::digest(const std::string& trial_id) const {
  return inside(trials(), trial_id, ".h5.sha256");
}
fs::path StudyFolder::events_of(const std::string& run_id) const {
  return inside(events(), run_id, ".jsonl");
}
fs::path StudyFolder::checkpoints(const std::string& trial_id) const {
  return inside(checkpoints(), trial_id, "");
}
fs::path StudyFolder::lease(const std::string& trial_id) const {
  return inside(leases(), trial_id, "");
}
fs::path StudyFolder::exit_file(const std::string& run_id) const {
  return inside(root_ / "run", run_id, ".exit");
}
fs::path StudyFolder::stop_file() const { return root_ / "run" / "stop"; }
fs::path StudyFolder::failed(const std::string& trial_id) const {
  return inside(root_ / "failed", trial_id, ".json");
}
fs::path StudyFolder::trial_log(const std::string& trial_id) const {
  return inside(logs(), trial_id, ".log");
}

void StudyFolder::create() const {
  for (const fs::path& folder :
       {trials(), events(), checkpoints(), leases(), specs(), root_ / "failed", logs(), tmp()}) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error || !fs::is_directory(folder)) {
      throw StoreError(folder.string(),
                       "cannot be created (" + (error ? error.message() : "it is a file") +
                           "). Choose another --out folder or change its permissions.");
    }
  }
}

std::string make_run_id() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::random_device random;
  char text[64];
  std::snprintf(text, sizeof text, "%04d%02d%02dT%02d%02d%02d%03dZ-%08x", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(milliseconds), random());
  return text;
}

}  // namespace attempt::results
