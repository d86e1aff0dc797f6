#pragma once

#include <optional>
#include <string>
#include <utility>

#include "runner/sweep/source_prompts.h"
#include "runner/sweep/study_inputs.h"

namespace attempt::sweep {

/// A source prompt of [sources.prompts]. Refuses what is wrong with the file itself: unreadable,
/// another width, NaN, of another backbone.
/// @param given  name and path, as the sweep has them
std::optional<AvailableSource> ready_made_source(const std::pair<config::Named, std::string>& given,
                                                 StudyInputs& inputs, const BackboneFacts& backbone,
                                                 config::Problems& problems);

/// Why the file of init = "file" cannot be the start of `rows` rows (of `layers` layers, 0: an
/// input prompt); "" where it can, or where only a trainer can tell.
std::string start_file_problem(const std::string& path, std::int64_t rows, std::int64_t layers,
                               StudyInputs& inputs, const BackboneFacts& backbone);

}  // namespace attempt::sweep
