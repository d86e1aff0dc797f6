#pragma once

#include <string>
#include <string_view>

#include "model/shapes/method_options.h"

namespace attempt::sweep {

/// The words that TOML, JSON and tables use for the enumerations of model::MethodOptions, and back.
/// Specialised for every enumeration of model/shapes/method_options.h.
template <typename Enum>
std::string option_name(Enum value);

/// @throws std::invalid_argument naming the word and the allowed ones.
template <typename Enum>
Enum option_from_name(std::string_view name);

}  // namespace attempt::sweep
