#include <cstdio>
#include <cstdlib>

#include "runner/process/launcher.h"

// launch_program WORKERS EXIT_FILE STOP_FILE COMMAND...: what `attempt run --workers` does around
// its ranks.
int main(int argc, char** argv) {
  using namespace attempt::process;
  const StopSignals signals;
  const LaunchEnd end = launch({.workers = std::atoll(argv[1]),
                                .command = {argv + 4, argv + argc},
                                .exit_file = argv[2],
                                .stop_file = argv[3]},
                               signals);
  if (!end.problem.empty()) std::fprintf(stderr, "%s\n", end.problem.c_str());
  return end.exit_code;
}
