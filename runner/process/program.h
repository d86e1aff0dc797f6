#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace attempt::process {

struct ProgramEnd {
  int exit_code = 0;  ///< 127: not found; 128 + number: ended by a signal, or by us after the limit
  bool is_over_limit = false;  ///< it was us
  std::string output;          ///< standard output
  std::string errors;          ///< standard error
};

/// Runs a program of PATH to its end; no shell is involved.
/// @param command  the program and its arguments
ProgramEnd run_program(std::vector<std::string> command, std::chrono::milliseconds limit);

/// The first executable of that name in PATH; empty when there is none.
std::filesystem::path find_program(const std::string& name);

}  // namespace attempt::process
