#pragma once

#include <exception>

namespace attempt::cli {

/// Prints "attempt: error: ..." on standard error and returns the exit code that belongs to it.
int report_error(const std::exception& error);

}  // namespace attempt::cli
