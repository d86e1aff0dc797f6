#pragma once

#include <stdexcept>
#include <string>

namespace attempt::cli {

/// The machine lacks something that is needed (MPI, disk, an executable); exit code 3.
class EnvironmentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace attempt::cli
