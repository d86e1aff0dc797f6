// Sweeps: TOML text, values of --set, dotted keys. What was read can be written and read again.
#include <optional>
#include <stdexcept>
#include <string_view>

#include "runner/config/toml_reader.h"
#include "tests/fuzz/input_file.h"

namespace config = attempt::config;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::optional<config::Value> sweep;
  try {
    sweep = config::parse_toml(text, "sweep.toml");
  } catch (const config::ConfigError&) {
  }
  if (sweep) {
    try {
      config::parse_toml(config::document_toml(*sweep), "again.toml");
    } catch (const config::ConfigError& error) {
      attempt::fuzz::require(false, error.what());
    }
  }
  try {
    config::parse_option_value(text, "--set");
  } catch (const config::ConfigError&) {
  }
  try {
    config::split_key(text);
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
