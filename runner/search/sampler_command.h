#pragma once

#include <string>
#include <vector>

#include "runner/config/search_section.h"

namespace attempt::search {

/// The program, with its arguments, that is the sampler of [search]; docs/search.md has what it is
/// asked.
/// @throws std::logic_error for a sampler that is part of this program
std::vector<std::string> sampler_command(const config::Search& search);

/// Starts one of Optuna's samplers and ends it again. @return why it cannot be used; "" if it can,
/// and for all other samplers, which are not started.
std::string sampler_problem(const config::Search& search);

}  // namespace attempt::search
