#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "runner/sweep/plan.h"

namespace attempt::sweep {

/// Searches, for `plan --json` and run/plan.json.
nlohmann::json searches_json(const std::vector<PlannedSearch>& planned);
PlannedSearch search_of_json(const nlohmann::json& json);

/// A line a search: what is known of it, and what follows.
std::string searches_text(const std::vector<PlannedSearch>& planned);

/// "90 s", "12 min", "3.4 h"
std::string duration(double seconds);

}  // namespace attempt::sweep
