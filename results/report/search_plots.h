#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "results/report/search_result.h"

namespace attempt::results {

/// Optimisation history, parallel coordinates and importance of each search, for report.js.
nlohmann::json search_plots(const std::vector<SearchResult>& searches);

}  // namespace attempt::results
