#pragma once

#include <string>
#include <vector>

#include "model/method.h"
#include "results/study_folder.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::train {

struct LoadedSources {
  std::vector<model::SourcePrompt> prompts;
  std::string description;  ///< JSON for the trial file: names, ids, SHA-256 of the files
};

/// Reads the prompts a trial takes from finished trials of the study or from ready-made files.
/// @param are_deep  prompts of every encoder layer are taken from trials
/// Nothing is used whose content is not what its digest says.
/// @throws TrialFailure (cause "source") naming the file.
LoadedSources load_source_prompts(const std::vector<sweep::SourceRef>& sources,
                                  const results::StudyFolder& folder, bool are_deep);

}  // namespace attempt::train
