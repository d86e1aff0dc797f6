#include "results/run_holder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "results/publish.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

constexpr auto kLook = std::chrono::milliseconds(200);

std::string first_word(const char* file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

std::string machine_id() {
  std::error_code error;
  return first_word("/proc/sys/kernel/random/boot_id") + " " +
         fs::read_symlink("/proc/self/ns/pid", error).string();
}

/// Field 22 of /proc/<pid>/stat; 0 when there is no such process, or only its zombie.
std::int64_t start_of(std::int64_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::size_t name_end = text.rfind(')');  // the name may hold blanks
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= 22 && fields >> field; ++i) {
    if (i == 3 && field == "Z") return 0;
  }
  return std::atoll(field.c_str());
}

fs::path holder_file(const StudyFolder& folder) { return folder.root() / "run" / "holder.json"; }

void write_holder(const StudyFolder& folder, const RunHolder& holder) {
  const nlohmann::json json = {{"run_id", holder.run_id},   {"host", holder.host},
                               {"machine", holder.machine}, {"pid", holder.pid},
                               {"started", holder.started}, {"job", holder.job},
                               {"beat", holder.beat}};
  replace_file(holder_file(folder),
               json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

/// Only one process of a host (and, where the file system knows locks, of all) at a time. Without
/// locks the beat finds out who came second.
class TakingLock {
 public:
  explicit TakingLock(const StudyFolder& folder)
      : descriptor_(::open((folder.root() / "run" / "holder.lock").c_str(),
                           O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (descriptor_ >= 0) ::flock(descriptor_, LOCK_EX);
  }
  ~TakingLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  TakingLock(const TakingLock&) = delete;
  TakingLock& operator=(const TakingLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace

RunHolder this_process(const std::string& run_id) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const char* job = std::getenv("SLURM_JOB_ID");
  RunHolder holder;
  holder.run_id = run_id;
  holder.host = host.data();
  holder.machine = machine_id();
  holder.pid = ::getpid();
  holder.started = start_of(holder.pid);
  holder.job = job == nullptr ? "" : job;
  return holder;
}

std::optional<RunHolder> read_holder(const StudyFolder& folder) {
  std::ifstream in(holder_file(folder));
  if (!in) return std::nullopt;
  const nlohmann::json json = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  try {
    RunHolder holder;
    json.at("run_id").get_to(holder.run_id);
    json.at("host").get_to(holder.host);
    json.at("machine").get_to(holder.machine);
    json.at("pid").get_to(holder.pid);
    json.at("started").get_to(holder.started);
    json.at("job").get_to(holder.job);
    json.at("beat").get_to(holder.beat);
    return holder;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // damaged: whoever lives writes it again within a second
  }
}

bool is_known_gone(const RunHolder& holder) {
  return holder.machine == machine_id() && start_of(holder.pid) != holder.started;
}

std::string describe(const RunHolder& holder) {
  return "run " + holder.run_id + " (process " + std::to_string(holder.pid) + " on " + holder.host +
         (holder.job.empty() ? "" : ", Slurm job " + holder.job) + ")";
}

std::optional<RunHolder> take_study(const StudyFolder& folder, const RunHolder& mine,
                                    std::chrono::milliseconds patience) {
  const TakingLock lock(folder);
  const std::optional<RunHolder> first = read_holder(folder);
  const auto end = std::chrono::steady_clock::now() + patience;
  std::optional<RunHolder> holder = first;
  while (holder && holder->run_id != mine.run_id && !is_known_gone(*holder)) {
    if (holder->run_id != first->run_id || holder->beat != first->beat) return holder;
    if (std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(kLook);
    holder = read_holder(folder);
  }
  write_holder(folder, mine);
  return std::nullopt;
}

bool beat(const StudyFolder& folder, RunHolder& mine) {
  const std::optional<RunHolder> holder = read_holder(folder);
  if (holder && holder->run_id != mine.run_id) return false;
  ++mine.beat;
  write_holder(folder, mine);
  return true;
}

void leave_study(const StudyFolder& folder, const std::string& run_id) {
  const std::optional<RunHolder> holder = read_holder(folder);
  std::error_code ignored;
  if (holder && holder->run_id == run_id) fs::remove(holder_file(folder), ignored);
}

}  // namespace attempt::results
