#include "runner/cli/errors.h"

#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>

#include "datasets/data_error.h"
#include "model/shapes/model_error.h"
#include "runner/cli/usage_error.h"
#include "runner/config/config_error.h"

namespace attempt::cli {

namespace {

int exit_code_of(const std::exception& error) {
  const bool is_input = dynamic_cast<const UsageError*>(&error) != nullptr ||
                        dynamic_cast<const config::ConfigError*>(&error) != nullptr ||
                        dynamic_cast<const datasets::DataError*>(&error) != nullptr ||
                        dynamic_cast<const model::ModelError*>(&error) != nullptr;
  return is_input ? kUsage : kEnvironment;
}

}  // namespace

int report_error(const std::exception& error) {
  std::fflush(stdout);
  std::string text = error.what();
  if (const auto* of_files = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
    text = of_files->path1().string() + ": " + of_files->code().message() +
           " (the system says so of this path). Choose another place, or change its permissions";
  }
  // One line a problem, each marked as an error; indented lines continue the one above.
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool is_continued = line.empty() || line.front() == ' ';
    std::fprintf(stderr, "%s%s\n", is_continued ? "" : "attempt: error: ", line.c_str());
  }
  return exit_code_of(error);
}

}  // namespace attempt::cli
