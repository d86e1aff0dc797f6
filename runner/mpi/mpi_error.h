#pragma once

#include <stdexcept>
#include <string>

namespace attempt::mpi {

/// An MPI call that failed, or a launcher that cannot work.
class MpiError : public std::runtime_error {
 public:
  explicit MpiError(const std::string& message, int error_code = 0)
      : std::runtime_error(message), code(error_code) {}

  const int code;  ///< of MPI; 0 where no call failed
};

}  // namespace attempt::mpi
