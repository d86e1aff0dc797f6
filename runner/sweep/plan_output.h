#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "runner/sweep/plan.h"

namespace attempt::sweep {

/// The object of `plan --json`; interfaces.md section 5.
nlohmann::json plan_json(const Plan& plan);

/// One line a trial, totals and warnings; with `with_values` also every effective value and the
/// layer it came from.
std::string plan_text(const Plan& plan, bool with_values = false);

/// The same in pieces, one a trial: as a whole it is long where there are 100,000 trials.
void write_plan_text(const Plan& plan, bool with_values,
                     const std::function<void(const std::string&)>& write);

}  // namespace attempt::sweep
