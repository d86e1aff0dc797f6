#pragma once

#include <string>

namespace attempt::cli {

/// Seconds of a --time-limit: "90", "1:30:00" (hours, minutes, seconds) or "2-00:00:00" (days too),
/// as Slurm writes times. @throws UsageError
double time_limit_seconds(const std::string& text);

}  // namespace attempt::cli
