#pragma once

#include <optional>
#include <string>

namespace attempt::results {

/// A number of the effective configuration that a trial file keeps (TOML, a key a line, keys and
/// sections each once), e.g. "train", "gradient_clip"; nothing where it is not set.
std::optional<double> number_in(const std::string& config, const std::string& section,
                                const std::string& key);

}  // namespace attempt::results
