#pragma once

#include <stdexcept>
#include <string>

namespace attempt::results {

/// A file of a study that cannot be read, written or trusted.
class StoreError : public std::runtime_error {
 public:
  StoreError(std::string file, const std::string& message)
      : std::runtime_error(file + ": " + message), path(std::move(file)) {}

  const std::string path;
};

}  // namespace attempt::results
