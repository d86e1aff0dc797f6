#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "results/study_folder.h"
#include "results/trial_record.h"

namespace attempt::results {

/// What somebody who gets a trained prompt must know: task, backbone, shape, steps, score, data,
/// licence. Markdown. @param record  with its parameters.
std::string prompt_card(const TrialRecord& record);

/// Writes <trial_id>.md for every trial of `trial_ids` that kept a prompt.
/// @return how many. @throws StoreError for a trial file that is damaged, or a folder that cannot
/// be written.
std::size_t write_prompt_cards(const StudyFolder& study, const std::vector<std::string>& trial_ids,
                               const std::filesystem::path& folder);

}  // namespace attempt::results
