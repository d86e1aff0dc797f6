#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "runner/config/value.h"

namespace attempt::config {

/// Parses TOML text. Dates and times are refused: no setting is one.
/// @param file  name for messages
/// @throws ConfigError with line and column.
Value parse_toml(std::string_view text, const std::string& file);

/// Reads and parses a file. @throws ConfigError when it cannot be read or parsed.
Value read_toml(const std::filesystem::path& file);

/// One value as it stands right of '=' in `--set key=value`: TOML syntax, or else a bare word,
/// which is a string.
/// @param option  name for messages, "--set key=value"
/// @throws ConfigError for text that begins like TOML ('[', '{', '"') and is not.
Value parse_option_value(std::string_view text, const std::string& option);

/// "a.b.\"c.d\"" -> {"a", "b", "c.d"}. @throws std::invalid_argument for an empty part or an open
/// quote.
std::vector<std::string> split_key(std::string_view dotted);

}  // namespace attempt::config
