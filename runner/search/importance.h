#pragma once

#include <string>
#include <vector>

#include "results/report/search_result.h"

namespace attempt::search {

/// Asks Optuna, in a child process of `python`, for the importance of the keys of each search, and
/// fills SearchResult::optuna; leaves out searches with too few complete configurations.
/// @return why there is no answer; "" where there is one, or nothing was to be asked.
std::string add_optuna_importance(const std::string& python,
                                  std::vector<results::SearchResult>& searches);

}  // namespace attempt::search
