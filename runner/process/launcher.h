#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runner/process/signals.h"

namespace attempt::process {

struct Launch {
  std::int64_t workers = 1;
  std::vector<std::string> command;  ///< of each rank; the executable first, absolute
  std::filesystem::path exit_file;   ///< run/<run_id>.exit, which rank 0 writes at its end
  std::filesystem::path stop_file;   ///< run/stop, which rank 0 looks for
};

struct LaunchEnd {
  int exit_code = 0;    ///< from the exit file; 3 without one
  std::string problem;  ///< "" when there was an exit file
};

/// The command line that launch() starts: mpirun with everything that section 1 of the design asks
/// for.
std::vector<std::string> mpirun_command(const Launch& launch, bool is_root);

/// Runs mpirun in a process group of its own, sends each stop signal on as SIGUSR1, and waits.
/// Rank 0 also finds the stop file then: not every build of Open MPI forwards signals (Ubuntu
/// 24.04's 4.1.6 with PMIx 5 does not). An mpirun that does not end after the exit file was written
/// (it may wait for a lost node for ever), or after the last of its children has ended, where the
/// manager was one or all ranks were, is ended.
LaunchEnd launch(const Launch& launch, const StopSignals& signals);

}  // namespace attempt::process
