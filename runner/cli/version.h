#pragma once

#include <string>

namespace attempt::cli {

/// Program version, commit, and the versions of the libraries it runs with; ends with a line break.
std::string version_text();

}  // namespace attempt::cli
