#pragma once

#include <string>
#include <vector>

#include "runner/sweep/plan.h"
#include "runner/sweep/settings.h"

namespace attempt::sweep {

/// Effective values of a trial with the layer of each, keys as a sweep would write them
/// ("method.attempt.temperature").
std::vector<ValueOrigin> value_origins(const Draft& draft, const Settings& settings);

/// Adds what defines a task of the sweep's own; nothing for a built-in one. Files are no part of
/// it.
void add_definition(const datasets::Task& task, std::vector<ValueOrigin>& values);

/// The same as TOML sections; stored with a trial.
std::string config_text(const std::vector<ValueOrigin>& values);

}  // namespace attempt::sweep
