#include "runner/mpi/library.h"

#include <mpi.h>

namespace attempt::mpi {

std::string library_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string version = text;  // Open MPI counts the final NUL into the length
  return version.substr(0, version.find_first_of("\n"));
}

}  // namespace attempt::mpi
