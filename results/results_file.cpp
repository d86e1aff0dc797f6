#include <algorithm>
#include <system_error>

#include "results/export.h"
#include "results/hdf5_reader.h"
#include "results/publish.h"
#include "results/sealed_file.h"
#include "results/store_error.h"
#include "results/study_files.h"
#include "results/trial_file.h"
#include "results/trial_record_io.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kResultsFormatVersion = 1;

void write_content(const fs::path& path, const std::vector<SoundTrial>& trials) {
  write_hdf5_file(path, kSealBytes, [&](Hdf5Writer& root) {
    root.attribute("format", std::string("attempt-results"));
    root.attribute("format_version", kResultsFormatVersion);
    std::vector<std::string> ids;
    std::vector<std::string> digests;
    for (const SoundTrial& trial : trials) {
      ids.push_back(trial.trial_id);
      digests.push_back(trial.digest);
    }
    root.texts("trial_ids", ids);
    root.texts("digests", digests);
    Hdf5Writer groups = root.make_group("trials");
    for (const SoundTrial& trial : trials) {
      TrialRecord record = read_trial_file(trial.file);
      record.parameters.clear();
      Hdf5Writer group = groups.make_group(trial.trial_id);
      write_record(group, record);
    }
  });
}

/// Whether the file that is there was made from just these trials.
bool is_made_from(const fs::path& path, const std::vector<SoundTrial>& trials) {
  try {
    if (!fs::exists(path) || check_seal(path) != Seal::kSound) return false;
    return guarded_read(path, [&] {
      const Hdf5Reader root(path);
      const std::vector<std::string> ids = root.texts("trial_ids");
      const std::vector<std::string> digests = root.texts("digests");
      return std::equal(trials.begin(), trials.end(), ids.begin(), ids.end(),
                        [](const auto& trial, const auto& id) { return trial.trial_id == id; }) &&
             std::equal(
                 trials.begin(), trials.end(), digests.begin(), digests.end(),
                 [](const auto& trial, const auto& digest) { return trial.digest == digest; });
    });
  } catch (const StoreError&) {
    return false;
  }
}

}  // namespace

void write_results_file(const StudyFolder& folder, const std::vector<std::string>& trial_ids) {
  const std::vector<SoundTrial> trials = sound_trials(folder, trial_ids);
  if (is_made_from(folder.results_file(), trials)) return;
  const fs::path temporary = folder.tmp() / ("results." + make_run_id());
  std::error_code error;
  try {
    write_content(temporary, trials);
    write_seal(temporary);
    sync_file(temporary);
  } catch (...) {
    fs::remove(temporary, error);
    throw;
  }
  fs::rename(temporary, folder.results_file(), error);
  if (error) {
    throw StoreError(folder.results_file().string(),
                     "cannot be replaced (" + error.message() + "). Check its permissions.");
  }
  sync_folder(folder.root());
}

}  // namespace attempt::results
