#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runner/process/channel.h"

namespace attempt::process {

struct TrainerStart {
  std::filesystem::path executable;
  std::filesystem::path log;  ///< its stdout and stderr; appended to
  std::vector<int> cpus;      ///< it runs on these; empty: as its parent
  std::int64_t threads = 1;   ///< OMP_NUM_THREADS
  std::string cuda_device;    ///< CUDA_VISIBLE_DEVICES (a UUID); "" hides every device
};

/// Exit code of a trainer whose device failed, and failed again while what used it was put away.
constexpr int kDeviceErrorExit = 86;

/// How a process ended.
struct ProcessEnd {
  int exit_code = -1;  ///< -1 when a signal ended it
  int signal = 0;
  bool is_out_of_memory = false;  ///< the kernel's out-of-memory killer did it
  std::int64_t peak_memory_bytes = 0;
};
/// E.g. "killed by signal 9 (out-of-memory killer?)", "exited with code 3".
std::string describe(const ProcessEnd& end);
/// Machine-readable: "signal:9", "exit:3", "out_of_memory", "cuda_error".
std::string cause_of(const ProcessEnd& end);

/// A trainer: a child in a process group of its own with the channel as descriptor 3, nothing else
/// inherited, no variables of an MPI launcher, and dying with its parent. Used by the thread that
/// made it, which must outlive it. The destructor kills and reaps.
class TrainerProcess {
 public:
  /// @throws std::runtime_error when no process can be made; a missing executable shows as an exit
  /// with code 127 and a line in the log.
  explicit TrainerProcess(const TrainerStart& start);
  ~TrainerProcess();
  TrainerProcess(const TrainerProcess&) = delete;
  TrainerProcess& operator=(const TrainerProcess&) = delete;

  Channel& channel() { return channel_; }
  pid_t pid() const { return pid_; }

  /// Reaps it if it has ended; never waits.
  bool has_ended();
  const ProcessEnd& end() const { return end_; }

  /// SIGTERM to it alone: it writes a checkpoint and leaves.
  void terminate();
  /// SIGKILL to its whole process group.
  void kill();

 private:
  Channel channel_;
  pid_t pid_ = -1;
  bool has_ended_ = false;
  std::int64_t kernel_kills_ = 0;  ///< by its out-of-memory killer before the start
  ProcessEnd end_;
};

/// Where launch() leaves the CPUs that `attempt run` was given itself, as "0,1,5": ranks on its
/// host inherit it.
inline constexpr const char* kLauncherCpus = "ATTEMPT_LAUNCHER_CPUS";

/// The CPUs that this process may use: its present affinity; if `ignore_binding` (mpirun binds
/// ranks to cores and children inherit it) those of its cgroup, of them those in kLauncherCpus if
/// it is set.
std::vector<int> usable_cpus(bool ignore_binding);
std::string cpu_list(const std::vector<int>& cpus);

/// Part `index` of `parts` of the CPUs, never empty: with more parts than CPUs they are shared.
std::vector<int> share_of_cpus(const std::vector<int>& cpus, std::int64_t index,
                               std::int64_t parts);

}  // namespace attempt::process
