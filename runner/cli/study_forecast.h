#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "runner/cli/study_view.h"

namespace attempt::cli {

/// Seconds that a study's trials have taken so far, those of lost attempts included.
double spent_seconds(const StudyView& study);

/// Seconds to the end on so many workers: the queue of what is left, run on the clock of the
/// estimates, corrected by what finished trials took (schedule::SpeedLearner); what a search has
/// yet to add is spread evenly.
double finish_estimate(const StudyView& study, std::int64_t workers);

/// The best validation score of each method on each task so far, one object each; of a search also
/// how far it is. Test scores are not read.
nlohmann::json best_so_far(const StudyView& study);

/// What a trial waits for, in lines.
std::string why_it_waits(const StudyView& study, const StudyTrial& trial);

}  // namespace attempt::cli
