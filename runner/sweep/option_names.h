#pragma once

#include <string>
#include <string_view>

#include "model/shapes/method_options.h"
#include "runner/sweep/prompt_similarity.h"

namespace attempt::sweep {

/// The words that TOML, JSON and tables use for the enumerations of model::MethodOptions and of
/// prompt_similarity.h, and back. Specialised for every enumeration of these two files.
template <typename Enum>
std::string option_name(Enum value);

/// @throws std::invalid_argument naming the word and the allowed ones.
template <typename Enum>
Enum option_from_name(std::string_view name);

}  // namespace attempt::sweep
