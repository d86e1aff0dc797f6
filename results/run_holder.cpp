#include "results/run_holder.h"

#include <unistd.h>

#include <algorithm>
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
const std::string kPrefix = "holder.";
const std::string kSuffix = ".json";

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

fs::path holder_file(const StudyFolder& folder, std::int64_t number) {
  return folder.root() / "run" / (kPrefix + std::to_string(number) + kSuffix);
}

void write_holder(const StudyFolder& folder, const RunHolder& holder) {
  replace_file(holder_file(folder, holder.number), text_of(holder));
}

std::int64_t latest_number(const StudyFolder& folder) {
  std::int64_t latest = 0;
  std::error_code none_yet;
  for (const auto& entry : fs::directory_iterator(folder.root() / "run", none_yet)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    latest = std::max<std::int64_t>(latest, std::atoll(name.c_str() + kPrefix.size()));
  }
  return latest;
}

/// The highest number, 0 if there is none, whether or not its run has left.
RunHolder read_latest(const StudyFolder& folder) {
  const std::int64_t number = latest_number(folder);
  if (number == 0) return {};
  RunHolder holder = read_holder_file(holder_file(folder, number));
  holder.number = number;
  return holder;
}

bool is_held(const RunHolder& holder) { return holder.number > 0 && !holder.has_left; }

struct Ending {
  bool is_alive = false;
  RunHolder latest;
};

/// Waits until whoever holds the study, and is not `run_id`, has left, is known to be gone, did not
/// beat for `patience`, or has shown that it lives.
Ending wait_for_holder(const StudyFolder& folder, const std::string& run_id,
                       std::chrono::milliseconds patience) {
  const RunHolder first = read_latest(folder);
  const auto end = std::chrono::steady_clock::now() + patience;
  RunHolder holder = first;
  while (is_held(holder) && holder.run_id != run_id && !is_known_gone(holder)) {
    if (holder.number != first.number || holder.beat != first.beat) return {true, holder};
    if (std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(kLook);
    holder = read_latest(folder);
  }
  return {false, holder};
}

}  // namespace

std::string text_of(const RunHolder& holder) {
  const nlohmann::json json = {
      {"run_id", holder.run_id},   {"host", holder.host},       {"machine", holder.machine},
      {"pid", holder.pid},         {"started", holder.started}, {"job", holder.job},
      {"devices", holder.devices}, {"beat", holder.beat},       {"has_left", holder.has_left}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

RunHolder read_holder_file(const fs::path& path) {
  std::ifstream in(path);
  const nlohmann::json json = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  RunHolder holder;
  try {
    json.at("run_id").get_to(holder.run_id);
    json.at("host").get_to(holder.host);
    json.at("machine").get_to(holder.machine);
    json.at("pid").get_to(holder.pid);
    json.at("started").get_to(holder.started);
    json.at("job").get_to(holder.job);
    holder.devices = json.value("devices", std::vector<std::string>());
    json.at("beat").get_to(holder.beat);
    json.at("has_left").get_to(holder.has_left);
    return holder;
  } catch (const nlohmann::json::exception&) {
    RunHolder damaged;
    damaged.run_id = path.filename().string() + " (damaged)";
    return damaged;
  }
}

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
  const RunHolder holder = read_latest(folder);
  return is_held(holder) ? std::optional(holder) : std::nullopt;
}

bool is_known_gone(const RunHolder& holder) {
  return holder.machine == machine_id() && start_of(holder.pid) != holder.started;
}

std::string describe(const RunHolder& holder) {
  return "run " + holder.run_id + " (process " + std::to_string(holder.pid) + " on " + holder.host +
         (holder.job.empty() ? "" : ", Slurm job " + holder.job) + ")";
}

std::optional<RunHolder> end_stale_holder(const StudyFolder& folder, const RunHolder& mine,
                                          std::chrono::milliseconds patience) {
  while (true) {
    const auto [is_alive, holder] = wait_for_holder(folder, mine.run_id, patience);
    if (is_alive) return holder;
    if (!is_held(holder)) return std::nullopt;
    RunHolder ending = mine;
    ending.number = holder.number + 1;
    ending.has_left = true;
    create_file(holder_file(folder, ending.number), text_of(ending));  // or another was quicker
  }
}

std::optional<RunHolder> take_study(const StudyFolder& folder, RunHolder mine,
                                    std::chrono::milliseconds patience) {
  const auto [is_alive, holder] = wait_for_holder(folder, mine.run_id, patience);
  if (is_alive) return holder;
  if (is_held(holder) && holder.run_id == mine.run_id) {
    if (beat(folder, mine)) return std::nullopt;
    return read_latest(folder);
  }
  mine.number = holder.number + 1;
  if (create_file(holder_file(folder, mine.number), text_of(mine))) return std::nullopt;
  return read_latest(folder);  // another run was quicker
}

bool beat(const StudyFolder& folder, RunHolder& mine) {
  const RunHolder latest = read_latest(folder);
  if (!is_held(latest) || latest.run_id != mine.run_id) return false;
  mine.number = latest.number;
  mine.beat = std::max(mine.beat, latest.beat) + 1;
  write_holder(folder, mine);
  return !fs::exists(holder_file(folder, mine.number + 1));
}

void leave_study(const StudyFolder& folder, const std::string& run_id) {
  RunHolder holder = read_latest(folder);
  if (!is_held(holder) || holder.run_id != run_id) return;
  holder.has_left = true;
  write_holder(folder, holder);
}

}  // namespace attempt::results
