#pragma once

#include <string>
#include <vector>

namespace attempt::test {

/// Whether $ATTEMPT_PYTHON, the interpreter CMake was given, or python3 has h5py.
bool has_h5py();

struct PythonResult {
  int exit_code = 0;
  std::string output;  ///< standard output and error
};

/// Runs tests/results/<script> with these arguments.
PythonResult run_python(const std::string& script, const std::vector<std::string>& arguments);

}  // namespace attempt::test

/// First line of a test that compares with h5py.
#define ATTEMPT_REQUIRE_H5PY()                                                             \
  if (!::attempt::test::has_h5py()) {                                                      \
    GTEST_SKIP() << "needs a Python with h5py: set ATTEMPT_PYTHON (environment or CMake) " \
                    "to one, or install python3-h5py";                                     \
  }                                                                                        \
  static_assert(true)
