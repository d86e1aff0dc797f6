#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/method.h"
#include "results/study_folder.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::train {

struct LoadedSources {
  std::vector<model::SourcePrompt> prompts;
  nlohmann::json description;  ///< for the trial file, an entry a source: name, id, SHA-256
};

/// A ready-made prompt as float32 on the CPU, [P, D] or [L, P, D]: a .safetensors, .npy or .pt file
/// or the .h5 file of a trial. Untrusted input.
/// @throws results::StoreError, model::ModelError naming the file.
at::Tensor read_ready_made_prompt(const std::string& path);

/// SHA-256 of a file that a plan named. @param planned  what it was then; "" where nobody looked
/// @throws TrialFailure (cause "source") when the content is another one now.
std::string digest_as_planned(const std::string& path, const std::string& planned);

/// The first `length` rows of a prompt [.., P, D], repeated as often as it takes.
at::Tensor resized(const at::Tensor& prompt, std::int64_t length);

/// Reads the prompts a trial takes from finished trials of the study or from ready-made files, each
/// brought to the trial's length where its SourceRef says so.
/// @param spec  the trial; with `deep = prompts` its sources are prompts of every encoder layer
/// Nothing is used whose content is not what its digest says.
/// @throws TrialFailure (cause "source") naming the file.
LoadedSources load_source_prompts(const sweep::TrialSpec& spec, const results::StudyFolder& folder);

/// The prompt of a finished trial of the study that is no source but compared with them.
LoadedSources load_probe(const sweep::TrialSpec& spec, const results::StudyFolder& folder);

}  // namespace attempt::train
