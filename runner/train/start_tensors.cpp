#include "runner/train/start_tensors.h"

#include <nlohmann/json.hpp>

#include "results/digest.h"
#include "results/store_error.h"
#include "results/trial_file.h"
#include "results/verify.h"
#include "runner/train/named_arrays.h"
#include "runner/train/source_prompts.h"
#include "runner/train/trial_failure.h"

namespace attempt::train {

namespace {

struct VerifiedFile {
  std::filesystem::path path;
  std::string digest;
};

VerifiedFile verified_trial(const std::string& trial_id, const results::StudyFolder& folder) {
  const results::VerifiedTrial verified = results::verify_and_complete(folder, trial_id);
  if (verified.soundness != results::TrialSoundness::kSound) {
    throw TrialFailure(
        "source", "the trial to start from cannot be used: " +
                      (verified.problem.empty() ? folder.trial(trial_id).string() + ": is not there"
                                                : verified.problem));
  }
  return {folder.trial(trial_id), verified.digest};
}

VerifiedFile verified_file(const sweep::TensorStart& start) {
  return {start.path, digest_as_planned(start.path, start.sha256)};
}

}  // namespace

StartTensors load_start_tensors(const sweep::TrialSpec& spec, const results::StudyFolder& folder,
                                nlohmann::json& description) {
  StartTensors loaded;
  for (const sweep::TensorStart& start : spec.starts) {
    const VerifiedFile file =
        start.trial_id.empty() ? verified_file(start) : verified_trial(start.trial_id, folder);
    const bool is_g = start.tensors == sweep::TensorStart::kG;
    std::vector<results::NamedArray> arrays;
    try {
      for (results::NamedArray& array : results::read_trial_file(file.path).parameters) {
        if (!is_g || array.name.starts_with("G.")) arrays.push_back(std::move(array));
      }
    } catch (const results::StoreError& error) {
      throw TrialFailure("source", error.what());
    }
    if (arrays.empty()) {
      throw TrialFailure("source", file.path.string() + ": has no " +
                                       (is_g ? "attention network G" : "trained tensors") +
                                       " (the trial starts from it). Name the file of a trial "
                                       "that has");
    }
    (is_g ? loaded.g : loaded.all) = to_tensors(arrays);
    description.push_back(
        {{"name", start.tensors}, {"trial_id", start.trial_id}, {"sha256", file.digest}});
  }
  return loaded;
}

}  // namespace attempt::train
