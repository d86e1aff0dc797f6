#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results/study_folder.h"

namespace attempt::results {

/// Ids of all trial files below trials/, sorted.
std::vector<std::string> published_trials(const StudyFolder& folder);

struct SoundTrial {
  std::string trial_id;
  std::filesystem::path file;
  std::string digest;
};

/// The trial files of these ids that exist, each compared with its digest file.
/// @throws StoreError for one that is damaged.
std::vector<SoundTrial> sound_trials(const StudyFolder& folder,
                                     const std::vector<std::string>& trial_ids);

}  // namespace attempt::results
