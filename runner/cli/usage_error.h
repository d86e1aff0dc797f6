#pragma once

#include <stdexcept>
#include <string>

namespace attempt::cli {

/// A command line that cannot be understood; ends the program with exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Exit codes of every command; interfaces.md section 1.
enum ExitCode : int {
  kSuccess = 0,
  kTrialsFailed = 1,
  kUsage = 2,
  kEnvironment = 3,
  kStoppedEarly = 75,
};

}  // namespace attempt::cli
