#include "results/study_files.h"

#include <algorithm>
#include <system_error>

#include "results/store_error.h"
#include "results/verify.h"

namespace attempt::results {

namespace fs = std::filesystem;

std::vector<std::string> published_trials(const StudyFolder& folder) {
  std::vector<std::string> ids;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.trials(), error)) {
    const fs::path& path = entry.path();
    if (path.extension() == ".h5" && path.filename().string()[0] != '.') {
      ids.push_back(path.stem().string());
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<SoundTrial> sound_trials(const StudyFolder& folder,
                                     const std::vector<std::string>& trial_ids) {
  FingerprintCache cache(user_cache_folder() / "fingerprints.json");
  std::vector<SoundTrial> trials;
  for (const std::string& id : trial_ids) {
    const VerifiedTrial verified = verify_trial(folder, id, &cache);
    if (verified.soundness == TrialSoundness::kMissing) continue;
    if (verified.soundness == TrialSoundness::kDamaged) {
      throw StoreError(folder.trial(id).string(), "cannot be trusted. " + verified.problem);
    }
    trials.push_back({id, folder.trial(id), verified.digest});
  }
  return trials;
}

}  // namespace attempt::results
