#include "results/verify.h"

#include <fstream>

#include "results/publish.h"
#include "results/store_error.h"
#include "results/trial_file.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kDigestDigits = 64;

std::string read_digest_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string digest(kDigestDigits, '\0');
  in.read(digest.data(), static_cast<std::streamsize>(digest.size()));
  digest.resize(static_cast<std::size_t>(in.gcount()));
  return digest;
}

}  // namespace

VerifiedTrial verify_trial(const StudyFolder& folder, const std::string& trial_id,
                           FingerprintCache* cache) {
  const fs::path file = folder.trial(trial_id);
  if (!fs::exists(file)) {
    return {TrialSoundness::kMissing, "", file.string() + ": is missing (the trial has not run)."};
  }
  VerifiedTrial verified;
  try {
    verified.digest = cache == nullptr ? sha256_file(file) : cache->file_digest(file);
  } catch (const StoreError& error) {
    return {TrialSoundness::kDamaged, "", error.what()};
  }
  if (!fs::exists(folder.digest(trial_id))) {
    verified.soundness = TrialSoundness::kNoDigest;
    verified.problem = folder.digest(trial_id).string() + ": is missing (the run was cut off).";
    return verified;
  }
  if (read_digest_file(folder.digest(trial_id)) == verified.digest) {
    verified.soundness = TrialSoundness::kSound;
    return verified;
  }
  verified.soundness = TrialSoundness::kDamaged;
  verified.problem = file.string() + ": is damaged (its SHA-256 is not the one in " +
                     folder.digest(trial_id).filename().string() +
                     "). `attempt verify --repair` moves it aside; then run the study again.";
  return verified;
}

VerifiedTrial verify_and_complete(const StudyFolder& folder, const std::string& trial_id) {
  VerifiedTrial verified = verify_trial(folder, trial_id, nullptr);
  if (verified.soundness != TrialSoundness::kNoDigest) return verified;
  try {
    return {TrialSoundness::kSound, restore_digest(folder, trial_id), ""};
  } catch (const StoreError& error) {
    return {TrialSoundness::kDamaged, verified.digest, error.what()};
  }
}

std::string restore_digest(const StudyFolder& folder, const std::string& trial_id) {
  const fs::path file = folder.trial(trial_id);
  const TrialRecord record = read_trial_file(file);
  if (record.trial_id != trial_id) {
    throw StoreError(file.string(), "is of trial '" + record.trial_id + "' (expected '" + trial_id +
                                        "'). Remove it and run the study again.");
  }
  const std::string digest = sha256_file(file);
  write_digest_file(file, digest);
  return digest;
}

}  // namespace attempt::results
