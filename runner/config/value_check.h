#pragma once

#include <string>

#include "runner/config/key_table.h"
#include "runner/config/value.h"

namespace attempt::config {

/// Checks a value against its key and brings it into the key's form (an integer becomes a number
/// where a number is wanted).
/// @return "" when it fits, otherwise the problem in the form of ConfigError.
/// @param path  dotted key as the user wrote it
std::string check_value(const Key& key, const std::string& path, Value& value);

}  // namespace attempt::config
