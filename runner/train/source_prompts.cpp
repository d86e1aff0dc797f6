#include "runner/train/source_prompts.h"

#include <ATen/ATen.h>

#include <cstring>

#include "model/shapes/model_error.h"
#include "results/digest.h"
#include "results/trial_file.h"
#include "results/verify.h"
#include "runner/sweep/prompt_file.h"
#include "runner/train/named_arrays.h"
#include "runner/train/trained_file.h"
#include "runner/train/trial_failure.h"

namespace attempt::train {

namespace {

struct VerifiedPrompt {
  at::Tensor value;
  std::string digest;
};

VerifiedPrompt read_from_trial(const sweep::SourceRef& source, const results::StudyFolder& folder,
                               const std::string& parameter) {
  const results::VerifiedTrial verified = results::verify_and_complete(folder, source.trial_id);
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
  const std::string digest = digest_as_planned(source.path, source.sha256);
  return {read_ready_made_prompt(source.path), digest};
}

void add(const sweep::SourceRef& source, const VerifiedPrompt& prompt, std::int64_t length,
         LoadedSources& loaded) {
  const bool is_short = source.resize == "truncate" && prompt.value.size(-2) < length;
  const bool is_resized = !source.resize.empty() && !is_short;  // the method refuses a short one
  loaded.prompts.push_back(
      {source.name, is_resized ? resized(prompt.value, length) : prompt.value});
  loaded.description.push_back(
      {{"name", source.name}, {"trial_id", source.trial_id}, {"sha256", prompt.digest}});
  if (is_resized) loaded.description.back()["resize"] = source.resize;
}

}  // namespace

at::Tensor resized(const at::Tensor& prompt, std::int64_t length) {
  const at::Tensor rows = at::arange(length).remainder(prompt.size(-2));
  return prompt.index_select(-2, rows);
}

std::string digest_as_planned(const std::string& path, const std::string& planned) {
  std::string digest = results::sha256_file(path);
  if (!planned.empty() && digest != planned) {
    throw TrialFailure("source", path + ": is not the file that was planned (SHA-256 " + digest +
                                     ", planned " + planned + "). Plan the study again");
  }
  return digest;
}

at::Tensor read_ready_made_prompt(const std::string& path) {
  const auto prompt = sweep::read_prompt_file(path);
  if (!prompt) {
    const TrainedFile file = read_trained_file(path);
    if (file.adapter.options.method == "prompt_tuning") return file.adapter.tensors.front().value;
    throw model::ModelError(path, "holds an adapter of the method " + file.adapter.options.method +
                                      " (expected a prompt)");
  }
  const at::Tensor tensor = at::empty(prompt->shape, at::kFloat);
  std::memcpy(tensor.data_ptr(), prompt->values.data(), tensor.nbytes());
  return tensor;
}

LoadedSources load_source_prompts(const sweep::TrialSpec& spec,
                                  const results::StudyFolder& folder) {
  const bool are_deep = spec.method_options.deep == model::DeepKind::kPrompts;
  LoadedSources loaded;
  loaded.description = nlohmann::json::array();
  for (const sweep::SourceRef& source : spec.sources) {
    add(source,
        source.trial_id.empty() ? read_from_file(source)
                                : read_from_trial(source, folder, are_deep ? "prompts" : "prompt"),
        spec.method_options.prompt_length, loaded);
  }
  return loaded;
}

LoadedSources load_probe(const sweep::TrialSpec& spec, const results::StudyFolder& folder) {
  sweep::SourceRef probe{"probe", spec.start_choice.probe, "", ""};
  if (spec.start_choice.probe_start.prompt_length != spec.method_options.prompt_length) {
    probe.resize = "tile";  // as the source prompts, which have the probe's length
  }
  LoadedSources loaded;
  loaded.description = nlohmann::json::array();
  add(probe, read_from_trial(probe, folder, "prompt"), spec.method_options.prompt_length, loaded);
  return loaded;
}

}  // namespace attempt::train
