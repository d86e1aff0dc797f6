#include "runner/cli/time_limit.h"

#include <regex>

#include "runner/cli/usage_error.h"

namespace attempt::cli {

double time_limit_seconds(const std::string& text) {
  static const std::regex kForm(R"((?:(?:(\d+)-)?(\d+):(\d\d):)?(\d+))");
  std::smatch parts;
  if (!std::regex_match(text, parts, kForm)) {
    throw UsageError("--time-limit is '" + text + "' (must be seconds, or [DAYS-]HH:MM:SS)");
  }
  const auto number = [&](std::size_t i) {
    return parts[i].matched ? std::stod(parts[i].str()) : 0.0;
  };
  return ((number(1) * 24 + number(2)) * 60 + number(3)) * 60 + number(4);
}

}  // namespace attempt::cli
