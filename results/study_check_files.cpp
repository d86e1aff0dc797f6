#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "results/checkpoint_file.h"
#include "results/child_check.h"
#include "results/digest.h"
#include "results/event_log.h"
#include "results/hdf5_reader.h"
#include "results/publish.h"
#include "results/results_file.h"
#include "results/sealed_file.h"
#include "results/store_error.h"
#include "results/study_check_parts.h"
#include "results/study_files.h"
#include "results/trial_file.h"
#include "results/verify.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

constexpr int kReadSeconds = 60;
constexpr const char* kRunsAgain = "moved to damaged/; the trial runs again";

/// Every digest that a publishing event names of a trial. Several: it was published again after a
/// damage.
std::map<std::string, std::set<std::string>> published_digests(const StudyFolder& folder) {
  std::map<std::string, std::set<std::string>> digests;
  for (const Event& event : read_events(folder).events) {
    if (event.type != "trial_published" || !event.data.is_object()) continue;
    const auto digest = event.data.find("digest");
    if (digest != event.data.end() && digest->is_string()) {
      digests[event.trial_id].insert(digest->get<std::string>());
    }
  }
  return digests;
}

void require_trial(const fs::path& file, const std::string& trial_id) {
  const TrialRecord record = read_trial_file(file);
  if (record.trial_id != trial_id) {
    throw StoreError(file.string(), "is of trial '" + record.trial_id + "'");
  }
}

class TrialCheck {
 public:
  explicit TrialCheck(Checking& checking)
      : checking_(checking), published_(published_digests(checking.folder)) {}

  /// @return whether the file is sound, or now is.
  bool check(const std::string& id) {
    ++checking_.result.checked;
    const fs::path file = checking_.folder.trial(id);
    std::string digest;
    Seal seal = Seal::kBroken;
    try {
      seal = check_seal(file);
      digest = sha256_file(file);
    } catch (const StoreError& error) {
      set_aside(id, error.what());
      return false;
    }
    if (seal == Seal::kBroken) {
      set_aside(id, "its content is not that of the SHA-256 it begins with");
      return false;
    }
    const bool has_digest_file = fs::exists(checking_.folder.digest(id));
    const bool agrees = digest_file_says(id, digest);
    const bool is_in_event = published_[id].contains(digest);
    if (seal == Seal::kNone && has_digest_file && !agrees && !is_in_event) {
      set_aside(id, "its SHA-256 is not the one in its digest file");
      return false;
    }
    if (seal == Seal::kNone && !agrees && !is_in_event) {
      const std::string problem = "neither seal, digest file nor event says what it should be";
      checking_.report({file, Defect::kUnverifiable, problem, kRunsAgain}, [&] { move_aside(id); });
      return false;
    }
    const std::string problem = problem_in_child([&] { require_trial(file, id); }, kReadSeconds);
    if (!problem.empty()) {
      set_aside(id, problem);
      return false;
    }
    if (!agrees) report_digest_file(id, digest, has_digest_file);
    if (!is_in_event) report_event(id, digest);
    return true;
  }

  /// What events and digest files tell of and is not there.
  void check_missing(const std::set<std::string>& present) {
    std::set<std::string> told;
    for (const auto& [id, digests] : published_) {
      if (!digests.empty()) told.insert(id);
    }
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(checking_.folder.trials(), error)) {
      const std::string name = entry.path().filename().string();
      const std::string suffix = ".h5.sha256";
      if (name.ends_with(suffix)) told.insert(name.substr(0, name.size() - suffix.size()));
    }
    for (const std::string& id : told) {
      if (present.contains(id)) continue;
      checking_.report({checking_.folder.trial(id), Defect::kMissing,
                        "it was published and is not there", "the trial runs again"},
                       [&] { fs::remove(checking_.folder.digest(id)); });
    }
  }

  /// Publishing events that were lost with their file: written into one of the repair's own.
  void write_events() {
    if (restored_.empty()) return;
    EventLog log(checking_.folder, make_run_id());
    for (const auto& [id, digest] : restored_) {
      log.append("trial_published", id, {{"digest", digest}, {"restored", true}});
    }
    log.flush();
  }

 private:
  /// Byte for byte what write_digest_file wrote.
  bool digest_file_says(const std::string& id, const std::string& digest) const {
    std::ifstream in(checking_.folder.digest(id), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return text == digest + "  " + id + ".h5\n";
  }

  void set_aside(const std::string& id, const std::string& problem) {
    checking_.report({checking_.folder.trial(id), Defect::kDamaged, problem, kRunsAgain},
                     [&] { move_aside(id); });
  }

  void move_aside(const std::string& id) {
    const fs::path place = checking_.folder.root() / "damaged";
    fs::create_directories(place);
    fs::rename(checking_.folder.trial(id), place / (id + "." + make_run_id() + ".h5"));
    fs::remove(checking_.folder.digest(id));
  }

  void report_digest_file(const std::string& id, const std::string& digest, bool is_there) {
    checking_.report({checking_.folder.digest(id), is_there ? Defect::kDamaged : Defect::kMissing,
                      is_there ? "is not that of the file, whose own seal is sound"
                               : "is missing (the run was cut off)",
                      "written again"},
                     [&] { write_digest_file(checking_.folder.trial(id), digest); });
  }

  void report_event(const std::string& id, const std::string& digest) {
    checking_.report({checking_.folder.events(), Defect::kMissing,
                      "no event tells that " + id + " was published", "written again"},
                     [&] { restored_[id] = digest; });
  }

  Checking& checking_;
  std::map<std::string, std::set<std::string>> published_;
  std::map<std::string, std::string> restored_;
};

}  // namespace

std::vector<std::string> check_trials(Checking& checking) {
  TrialCheck check(checking);
  std::vector<std::string> sound;
  std::set<std::string> present;
  for (const std::string& id : published_trials(checking.folder)) {
    present.insert(id);
    if (check.check(id)) sound.push_back(id);
  }
  check.check_missing(present);
  check.write_events();
  return sound;
}

void check_checkpoints(Checking& checking) {
  std::error_code error;
  for (const auto& place : fs::directory_iterator(checking.folder.checkpoints(), error)) {
    for (const auto& entry : fs::directory_iterator(place.path(), error)) {
      const fs::path path = entry.path();
      if (path.extension() != ".h5" || path.filename().string()[0] == '.') continue;
      ++checking.result.checked;
      const std::string problem = problem_in_child(
          [&] { require_checkpoint(path, place.path().filename().string()); }, kReadSeconds);
      if (problem.empty()) continue;
      checking.report({path, Defect::kDamaged, problem, "removed; the one before it is used"},
                      [&] { fs::remove(path); });
    }
  }
}

void check_results_file(const std::vector<std::string>& sound_trials, Checking& checking) {
  const fs::path file = checking.folder.results_file();
  if (!fs::exists(file)) return;
  ++checking.result.checked;
  const auto write = [&] { write_results_file(checking.folder, sound_trials); };
  const std::string damage = problem_in_child(
      [&] {
        if (check_seal(file) != Seal::kSound) {
          throw StoreError(file.string(), "its content is not that of its SHA-256");
        }
      },
      kReadSeconds);
  if (!damage.empty()) {
    checking.report({file, Defect::kDamaged, damage, "made again from the trials"}, write);
    return;
  }
  const std::string stale = problem_in_child(
      [&] {
        const auto digests = guarded_read(file, [&] { return Hdf5Reader(file).texts("digests"); });
        const auto ids = guarded_read(file, [&] { return Hdf5Reader(file).texts("trial_ids"); });
        for (std::size_t i = 0; i < std::min(ids.size(), digests.size()); ++i) {
          const fs::path trial = checking.folder.trial(ids[i]);
          if (!fs::exists(trial) || sha256_file(trial) != digests[i]) {
            throw StoreError(file.string(), "holds another version of trial " + ids[i]);
          }
        }
      },
      kReadSeconds);
  if (!stale.empty()) {
    checking.report({file, Defect::kStale, stale, "made again from the trials"}, write);
  }
}

}  // namespace attempt::results
