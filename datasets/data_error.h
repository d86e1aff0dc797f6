#pragma once

#include <stdexcept>
#include <string>

namespace attempt::datasets {

/// Data files that cannot be used: missing, too many bad rows, unlabelled.
/// Single bad rows are not errors but counted (FileReport).
class DataError : public std::runtime_error {
 public:
  DataError(std::string file, const std::string& message)
      : std::runtime_error(file.empty() ? message : file + ": " + message), path(std::move(file)) {}

  const std::string path;
};

}  // namespace attempt::datasets
