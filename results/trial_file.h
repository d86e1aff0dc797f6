#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results/trial_record.h"

namespace attempt::results {

inline constexpr int kTrialFormatVersion = 1;

/// Writes a complete trial file at `path` (which must not exist), closes and fsyncs it. Equal
/// records give equal bytes apart from provenance and cost (object times are off).
void write_trial_file(const std::filesystem::path& path, const TrialRecord& record);

/// Reads a trial file; untrusted input. Unknown objects are ignored.
/// @throws StoreError naming file, object, expected and found.
TrialRecord read_trial_file(const std::filesystem::path& path);

/// As read_trial_file without histories, predictions and parameters: for tables over many trials.
TrialRecord read_trial_summary(const std::filesystem::path& path);

/// As read_trial_file without predictions and parameters: for curves.
TrialRecord read_trial_histories(const std::filesystem::path& path);

/// What reports use of a file whose digest the caller has just verified (its seal is not looked at
/// again): no ids of test examples, no losses and validation metrics by task, and of the parameters
/// only a prompt ("prompt" [P, D] or "prompts" [L, P, D]), if asked for and kept.
TrialRecord read_verified_results(const std::filesystem::path& path, bool with_prompt);

/// One trained tensor, e.g. "prompt". @throws StoreError when it is not there.
NamedArray read_trial_parameter(const std::filesystem::path& path, const std::string& name);

/// The prompt of a trial, for use by others.
struct TrialPrompt {
  NamedArray values;     ///< "prompt" [P, D], or "prompts" [L, P, D]
  std::string backbone;  ///< fingerprint of the backbone it was trained with; "" in old files
};

/// Untrusted input. @throws StoreError when the file is none of a trial or the trial kept no
/// prompt.
TrialPrompt read_trial_prompt(const std::filesystem::path& path);

}  // namespace attempt::results
