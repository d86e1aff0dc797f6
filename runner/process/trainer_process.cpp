#include "runner/process/trainer_process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

extern char** environ;

namespace attempt::process {

namespace {

/// What the agent's own launcher and settings must not tell a trainer.
bool is_dropped(std::string_view variable) {
  for (const std::string_view prefix :
       {"OMPI_", "PMIX_", "PRTE_", "PMI_", "OMP_NUM_THREADS=", "MKL_NUM_THREADS=",
        "OPENBLAS_NUM_THREADS=", "CUDA_VISIBLE_DEVICES=", "CUDA_DEVICE_ORDER="}) {
    if (variable.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

std::vector<std::string> trainer_environment(const TrainerStart& start) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!is_dropped(*variable)) variables.emplace_back(*variable);
  }
  const std::string threads = std::to_string(start.threads);
  for (const char* name : {"OMP_NUM_THREADS=", "MKL_NUM_THREADS=", "OPENBLAS_NUM_THREADS="}) {
    variables.push_back(name + threads);
  }
  variables.push_back("CUDA_DEVICE_ORDER=PCI_BUS_ID");
  variables.push_back("CUDA_VISIBLE_DEVICES=" + start.cuda_device);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

void close_from(int first) {
  if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
  const long last = ::sysconf(_SC_OPEN_MAX);
  for (int descriptor = first; descriptor < last; ++descriptor) ::close(descriptor);
}

std::int64_t counter_in(const std::string& file, const std::string& name) {
  std::ifstream in(file);
  std::string word;
  for (std::int64_t value = 0; in >> word >> value;) {
    if (word == name) return value;
  }
  return 0;
}

/// How often the out-of-memory killer struck in this cgroup (version 2) and on this machine.
std::int64_t kernel_memory_kills() {
  std::ifstream in("/proc/self/cgroup");
  std::string path;
  while (std::getline(in, path) && !path.starts_with("0::")) continue;
  const std::string group = path.starts_with("0::") ? path.substr(3) : "";
  return counter_in("/sys/fs/cgroup" + group + "/memory.events", "oom_kill") +
         counter_in("/proc/vmstat", "oom_kill");
}

struct Prepared {
  const char* executable;
  const char* log;
  char** arguments;
  char** environment;
  const cpu_set_t* cpus;  ///< may be null
  int socket;             ///< above all standard descriptors
  pid_t parent;
};

/// Between fork and exec: only async-signal-safe calls. The log is opened here, so that a stalled
/// file system stalls the child and not the agent.
[[noreturn]] void become_trainer(const Prepared& prepared) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != prepared.parent) ::_exit(126);  // it died before the line above
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (prepared.cpus != nullptr) ::sched_setaffinity(0, sizeof(cpu_set_t), prepared.cpus);
  ::dup2(prepared.socket, kTrainerChannelFd);
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, 0);
  const int log = ::open(prepared.log, O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::dup2(log >= 0 ? log : null, 1);
  ::dup2(log >= 0 ? log : null, 2);
  close_from(kTrainerChannelFd + 1);
  ::execve(prepared.executable, prepared.arguments, prepared.environment);
  constexpr std::string_view problem = "attempt: error: the trainer cannot be started: ";
  [[maybe_unused]] ssize_t ignored = ::write(2, problem.data(), problem.size());
  ignored = ::write(2, prepared.executable, std::strlen(prepared.executable));
  ignored = ::write(2, "\n", 1);
  ::_exit(127);
}

pid_t start_trainer(const TrainerStart& start, int their_end) {
  const int socket = ::fcntl(their_end, F_DUPFD_CLOEXEC, 10);
  ::close(their_end);
  if (socket < 0) throw std::runtime_error("no descriptor left for a trainer. Raise `ulimit -n`.");
  std::vector<std::string> arguments = {start.executable.string(), "--channel"};
  std::vector<std::string> variables = trainer_environment(start);
  std::vector<char*> argument_pointers = pointers(arguments);
  std::vector<char*> variable_pointers = pointers(variables);
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  for (const int cpu : start.cpus) CPU_SET(cpu, &cpus);
  const Prepared prepared{start.executable.c_str(),
                          start.log.c_str(),
                          argument_pointers.data(),
                          variable_pointers.data(),
                          start.cpus.empty() ? nullptr : &cpus,
                          socket,
                          ::getpid()};
  const pid_t pid = ::fork();
  if (pid == 0) become_trainer(prepared);
  const int problem = errno;
  ::close(socket);
  if (pid < 0) {
    throw std::runtime_error(std::string("no process for a trainer (") + std::strerror(problem) +
                             "). Check memory and `ulimit -u`.");
  }
  ::setpgid(pid, pid);
  return pid;
}

}  // namespace

std::string describe(const ProcessEnd& end) {
  if (end.is_out_of_memory) return "killed by the kernel's out-of-memory killer";
  if (end.signal == 0 && end.exit_code == kDeviceErrorExit)
    return "its device failed, and again while the trainer cleaned up (its log has the error)";
  if (end.signal == 0) return "exited with code " + std::to_string(end.exit_code);
  std::string text = "killed by signal " + std::to_string(end.signal);
  if (end.signal == SIGKILL) return text + " (out-of-memory killer?)";
  return text + " (" + ::strsignal(end.signal) + ")";
}

std::string cause_of(const ProcessEnd& end) {
  if (end.is_out_of_memory) return "out_of_memory";
  if (end.signal == 0 && end.exit_code == kDeviceErrorExit) return "cuda_error";
  return end.signal != 0 ? "signal:" + std::to_string(end.signal)
                         : "exit:" + std::to_string(end.exit_code);
}

TrainerProcess::TrainerProcess(const TrainerStart& start) : channel_(-1) {
  kernel_kills_ = kernel_memory_kills();
  ChannelPair pair = make_channel_pair();
  channel_ = std::move(pair.mine);
  pid_ = start_trainer(start, pair.theirs);
}

TrainerProcess::~TrainerProcess() {
  if (has_ended_) return;
  kill();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

bool TrainerProcess::has_ended() {
  if (has_ended_) return true;
  int status = 0;
  rusage used{};
  if (::wait4(pid_, &status, WNOHANG, &used) != pid_) return false;
  has_ended_ = true;
  end_.peak_memory_bytes = std::int64_t{used.ru_maxrss} * 1024;
  if (WIFSIGNALED(status)) {
    end_.signal = WTERMSIG(status);
    end_.is_out_of_memory = end_.signal == SIGKILL && kernel_memory_kills() > kernel_kills_;
  } else {
    end_.exit_code = WEXITSTATUS(status);
  }
  ::kill(-pid_, SIGKILL);  // whatever it started
  return true;
}

void TrainerProcess::terminate() {
  if (!has_ended_) ::kill(pid_, SIGTERM);
}

void TrainerProcess::kill() {
  if (has_ended_) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
}

std::string cpu_list(const std::vector<int>& cpus) {
  std::string list;
  for (const int cpu : cpus) list += (list.empty() ? "" : ",") + std::to_string(cpu);
  return list;
}

std::vector<int> usable_cpus(bool ignore_binding) {
  cpu_set_t bound;
  CPU_ZERO(&bound);
  ::sched_getaffinity(0, sizeof bound, &bound);
  cpu_set_t usable = bound;
  if (ignore_binding) {
    cpu_set_t all;
    std::memset(&all, 0xff, sizeof all);
    // The kernel cuts the request to the cgroup's CPUs.
    if (::sched_setaffinity(0, sizeof all, &all) == 0) {
      ::sched_getaffinity(0, sizeof usable, &usable);
      ::sched_setaffinity(0, sizeof bound, &bound);
    }
  }
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &usable)) cpus.push_back(cpu);
  }
  const char* given = ignore_binding ? std::getenv(kLauncherCpus) : nullptr;
  if (given == nullptr) return cpus;
  std::vector<int> narrower;
  std::istringstream list(given);
  for (std::string word; std::getline(list, word, ',');) {
    const int cpu = std::atoi(word.c_str());
    if (std::find(cpus.begin(), cpus.end(), cpu) != cpus.end()) narrower.push_back(cpu);
  }
  return narrower.empty() ? cpus : narrower;
}

std::vector<int> share_of_cpus(const std::vector<int>& cpus, std::int64_t index,
                               std::int64_t parts) {
  if (cpus.empty()) return {};
  const auto count = static_cast<std::int64_t>(cpus.size());
  if (count < parts) return {cpus[static_cast<std::size_t>(index % count)]};
  return {cpus.begin() + index * count / parts, cpus.begin() + (index + 1) * count / parts};
}

}  // namespace attempt::process
