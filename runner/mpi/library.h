#pragma once

#include <string>

namespace attempt::mpi {

/// Name and version of the MPI library, on one line; needs no MPI_Init.
std::string library_version();

}  // namespace attempt::mpi
