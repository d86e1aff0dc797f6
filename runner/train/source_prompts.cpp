#include "runner/train/source_prompts.h"

#include <nlohmann/json.hpp>

#include "model/prompt_file.h"
#include "results/digest.h"
#include "results/trial_file.h"
#include "results/verify.h"
#include "runner/train/named_arrays.h"
#include "runner/train/trial_failure.h"

namespace attempt::train {

namespace {

struct VerifiedPrompt {
  at::Tensor value;
  std::string digest;
};

VerifiedPrompt read_from_trial(const sweep::SourceRef& source, const results::StudyFolder& folder,
                               const std::string& parameter) {
  const results::VerifiedTrial verified = results::verify_trial(folder, source.trial_id, nullptr);
  if (verified.soundness != results::TrialSoundness::kSound) {
    const std::string problem = verified.problem.empty()
                                    ? folder.trial(source.trial_id).string() + ": is not there"
                                    : verified.problem;
    throw TrialFailure("source",
                       "the source prompt '" + source.name + "' cannot be used: " + problem);
  }
  const results::NamedArray prompt =
      results::read_trial_parameter(folder.trial(source.trial_id), parameter);
  return {to_tensors({prompt}).front().value, verified.digest};
}

VerifiedPrompt read_from_file(const sweep::SourceRef& source) {
  const std::string digest = results::sha256_file(source.path);
  if (!source.sha256.empty() && digest != source.sha256) {
    throw TrialFailure("source", source.path + ": is not the file that was planned (SHA-256 " +
                                     digest + ", planned " + source.sha256 +
                                     "). Plan the study again");
  }
  return {model::read_prompt_file(source.path), digest};
}

}  // namespace

LoadedSources load_source_prompts(const std::vector<sweep::SourceRef>& sources,
                                  const results::StudyFolder& folder, bool are_deep) {
  LoadedSources loaded;
  nlohmann::json description = nlohmann::json::array();
  for (const sweep::SourceRef& source : sources) {
    const VerifiedPrompt prompt =
        source.trial_id.empty() ? read_from_file(source)
                                : read_from_trial(source, folder, are_deep ? "prompts" : "prompt");
    loaded.prompts.push_back({source.name, prompt.value});
    description.push_back(
        {{"name", source.name}, {"trial_id", source.trial_id}, {"sha256", prompt.digest}});
  }
  loaded.description = description.dump();
  return loaded;
}

}  // namespace attempt::train
