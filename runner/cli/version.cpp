#include "runner/cli/version.h"

#include <H5public.h>
#include <fmt/format.h>

#include <boost/version.hpp>
#include <nlohmann/json.hpp>

#include "runner/build_info.h"

namespace attempt::cli {

std::string version_text() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format(
      "attempt-mpi {} ({})\nHDF5 {}.{}.{}, Boost {}.{}, nlohmann-json {}.{}.{}, g++ {}\n",
      kProgramVersion, kCommit, major, minor, release, BOOST_VERSION / 100000,
      BOOST_VERSION / 100 % 1000, NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
      NLOHMANN_JSON_VERSION_PATCH, __VERSION__);
}

}  // namespace attempt::cli
