#pragma once

#include <string>

#include "results/digest.h"
#include "results/study_folder.h"

namespace attempt::results {

enum class TrialSoundness {
  kSound,
  kMissing,   ///< no trial file
  kNoDigest,  ///< its publisher died before the digest file: see restore_digest
  kDamaged    ///< content and digest file differ, or one cannot be read
};

struct VerifiedTrial {
  TrialSoundness soundness = TrialSoundness::kMissing;
  std::string digest;   ///< of the content; "" where it cannot be read
  std::string problem;  ///< for people; "" when sound
};

/// Compares a published trial file with its digest file. With a cache, a file that did not change
/// since it was last read is not read again.
/// @param cache  may be null.
VerifiedTrial verify_trial(const StudyFolder& folder, const std::string& trial_id,
                           FingerprintCache* cache);

/// As verify_trial; a digest file that is missing, as its publisher died before it, is restored if
/// the file itself is whole.
VerifiedTrial verify_and_complete(const StudyFolder& folder, const std::string& trial_id);

/// Reads the whole trial file and, if it is readable and of this trial, writes the digest file that
/// is missing. @throws StoreError otherwise.
std::string restore_digest(const StudyFolder& folder, const std::string& trial_id);

}  // namespace attempt::results
