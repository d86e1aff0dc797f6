#include "results/shared_store.h"

#include <unistd.h>

#include <system_error>

#include "results/publish.h"
#include "results/sealed_file.h"
#include "results/store_error.h"
#include "results/verify.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

bool is_sound(const StudyFolder& folder, const std::string& trial_id) {
  return verify_trial(folder, trial_id, nullptr).soundness == TrialSoundness::kSound &&
         check_seal(folder.trial(trial_id)) != Seal::kBroken;
}

/// A copy, not a link: a file that one study damages must not be damaged in all.
Published copy(const StudyFolder& from, const StudyFolder& to, const std::string& trial_id) {
  const fs::path temporary =
      to.tmp() / (trial_id + ".copy." + std::to_string(::getpid()) + "." + make_run_id());
  std::error_code error;
  fs::copy_file(from.trial(trial_id), temporary, error);
  if (error) {
    fs::remove(temporary, error);
    throw StoreError(temporary.string(), "cannot be written (" + error.message() +
                                             "). Check free space and "
                                             "permissions.");
  }
  sync_file(temporary);
  Published published = publish_file(temporary, to.trial(trial_id));
  write_digest_file(to.trial(trial_id), published.digest);
  return published;
}

}  // namespace

SharedStore::SharedStore(const fs::path& root) : store_(root) {
  for (const fs::path& folder : {store_.trials(), store_.tmp()}) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
      throw StoreError(folder.string(), "cannot be created (" + error.message() +
                                            "). Change store.path or its permissions.");
    }
  }
}

std::string SharedStore::take(const StudyFolder& study, const std::string& trial_id) const {
  if (!fs::exists(store_.trial(trial_id)) || !is_sound(store_, trial_id)) return "";
  return copy(store_, study, trial_id).digest;
}

bool SharedStore::give(const StudyFolder& study, const std::string& trial_id) const {
  if (fs::exists(store_.trial(trial_id)) || !is_sound(study, trial_id)) return false;
  return copy(study, store_, trial_id).result == PublishResult::kPublished;
}

}  // namespace attempt::results
