#include "tests/results/python_reader.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "tests/support/test_support.h"

namespace attempt::test {

namespace {

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

PythonResult run(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start " + command);
  PythonResult result;
  std::array<char, 4096> block;
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), pipe)) {
    result.output.append(block.data(), count);
  }
  const int status = ::pclose(pipe);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return result;
}

std::string interpreter() {
  const char* given = std::getenv("ATTEMPT_PYTHON");
  return given != nullptr && *given != '\0' ? given : ATTEMPT_PYTHON;
}

}  // namespace

bool has_h5py() {
  static const bool has = run(quoted(interpreter()) + " -c 'import h5py'").exit_code == 0;
  return has;
}

PythonResult run_python(const std::string& script, const std::vector<std::string>& arguments) {
  std::string command =
      quoted(interpreter()) + " " + quoted((source_folder() / "tests/results" / script).string());
  for (const std::string& argument : arguments) command += " " + quoted(argument);
  return run(command);
}

}  // namespace attempt::test
