#include "runner/process/launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "runner/process/trainer_process.h"

namespace attempt::process {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kEnvironmentError = 3;
constexpr int kNotFound = 127;
constexpr int kPollMs = 100;
constexpr auto kEndLimit = std::chrono::seconds(7);  // the ranks' own watchdog needs 6 s
constexpr auto kKillLimit = std::chrono::seconds(2);

std::optional<int> read_exit_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  int code = 0;
  if (file >> code) return code;
  return std::nullopt;
}

[[noreturn]] void become_mpirun(char** arguments, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kNotFound);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE}) {
    sigaction(signal, &standard, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);  // a background group must not read a terminal
  ::dup2(null, 0);
  ::execvp(arguments[0], arguments);
  ::_exit(kNotFound);
}

/// Whether a process waits to be collected, or is gone.
bool has_ended(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(") ");
  return name_end == std::string::npos || line[name_end + 2] == 'Z';
}

/// The list may lack a process while others end. @return nothing where the kernel does not tell
std::optional<std::vector<std::string>> live_children(pid_t pid) {
  std::vector<std::string> live;
  std::error_code error;
  std::filesystem::directory_iterator thread("/proc/" + std::to_string(pid) + "/task", error);
  for (; !error && thread != std::filesystem::directory_iterator(); thread.increment(error)) {
    std::ifstream children(thread->path() / "children");
    if (!children) return std::nullopt;
    for (std::string child; children >> child;) {
      if (!has_ended(child)) live.push_back(child);
    }
  }
  if (error) return std::nullopt;
  return live;
}

/// Of a child of mpirun: whether it is a rank without which a study ends when mpirun has no child
/// left, since it is the manager or all ranks are here. Others may be remote shells, and agents of
/// a manager on another host.
bool is_decisive_rank(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/environ");
  std::string size;
  std::string size_here;
  for (std::string entry; std::getline(file, entry, '\0');) {
    if (entry == "OMPI_COMM_WORLD_RANK=0") return true;
    const std::size_t name_end = entry.find('=');
    if (entry.starts_with("OMPI_COMM_WORLD_SIZE=")) size = entry.substr(name_end);
    if (entry.starts_with("OMPI_COMM_WORLD_LOCAL_SIZE=")) size_here = entry.substr(name_end);
  }
  return !size.empty() && size == size_here;
}

/// Ends a process group that outlived its exit file or the last of its ranks, step by step. (Open
/// MPI 4.1 may wait for ever when a rank is lost while it starts.)
class Ending {
 public:
  void watch(pid_t group, const std::filesystem::path& exit_file) {
    const Clock::time_point now = Clock::now();
    if (!is_terminated_) {
      const bool is_over = read_exit_file(exit_file).has_value() || has_lost_all_ranks(group);
      end_at_ = is_over ? std::min(end_at_, now + kEndLimit) : kNever;  // one look may miss a rank
    }
    if (now > end_at_) {
      ::kill(-group, is_terminated_ ? SIGKILL : SIGTERM);
      is_terminated_ = true;
      end_at_ = now + kKillLimit;
    }
  }

 private:
  bool has_lost_all_ranks(pid_t mpirun) {
    const auto children = live_children(mpirun);
    if (!children) return false;
    had_ranks_ = had_ranks_ || std::any_of(children->begin(), children->end(), is_decisive_rank);
    return had_ranks_ && children->empty();
  }

  static constexpr Clock::time_point kNever = Clock::time_point::max();

  Clock::time_point end_at_ = kNever;
  bool had_ranks_ = false;
  bool is_terminated_ = false;
};

int wait_for(pid_t pid, const Launch& launch) {
  Ending ending;
  int forwarded = 0;
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (const int count = StopSignals::count(); count != forwarded) {
      forwarded = count;
      std::ofstream(launch.stop_file) << "stop\n";
      ::kill(pid, SIGUSR1);
    }
    ending.watch(pid, launch.exit_file);
    ::poll(nullptr, 0, kPollMs);  // a signal cuts it short
  }
  return status;
}

}  // namespace

std::vector<std::string> mpirun_command(const Launch& launch, bool is_root) {
  std::vector<std::string> command = {"mpirun",
                                      "-n",
                                      std::to_string(launch.workers),
                                      "--enable-recovery",
                                      "--oversubscribe",
                                      "--bind-to",
                                      "none",
                                      "-mca",
                                      "pml",
                                      "ob1",
                                      "-mca",
                                      "btl",
                                      "self,vader,tcp"};
  if (is_root) command.push_back("--allow-run-as-root");
  command.insert(command.end(), launch.command.begin(), launch.command.end());
  return command;
}

LaunchEnd launch(const Launch& launch, const StopSignals&) {
  std::vector<std::string> command = mpirun_command(launch, ::geteuid() == 0);
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::setenv(kLauncherCpus, cpu_list(usable_cpus(/*ignore_binding=*/false)).c_str(), 1);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become_mpirun(arguments.data(), parent);
  if (pid < 0) {
    return {kEnvironmentError, std::string("mpirun cannot be started (") + std::strerror(errno) +
                                   "). Check memory and `ulimit -u`."};
  }
  ::setpgid(pid, pid);
  const int status = wait_for(pid, launch);
  if (const auto code = read_exit_file(launch.exit_file)) return {*code, ""};
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotFound) {
    return {kEnvironmentError,
            "mpirun is not found (--workers needs Open MPI). Install openmpi-bin, or run without "
            "--workers."};
  }
  return {kEnvironmentError,
          launch.exit_file.string() +
              ": was not written (the manager ended before its time; its messages stand above). "
              "Run the same command again: finished trials are kept."};
}

}  // namespace attempt::process
