#include "runner/cli/probe_run.h"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "results/event_log.h"
#include "results/run_holder.h"
#include "results/study_folder.h"
#include "results/trial_file.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/trainer_path.h"
#include "runner/cli/usage_error.h"
#include "runner/mpi/communicator.h"
#include "runner/process/signals.h"
#include "runner/process/trainer_process.h"
#include "runner/schedule/devices.h"
#include "runner/schedule/run_study.h"
#include "runner/sweep/cost.h"

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMostSteps = 400;  // of steps that take no time
constexpr int kWaitMs = 50;
constexpr int kRounds = 2;  // some time apart

using Speeds = std::map<std::string, sweep::Speed>;   // by kind
using Problems = std::map<std::string, std::string>;  // by kind

/// Gone when it goes out of scope.
class ScratchFolder {
 public:
  ScratchFolder() : path_((fs::temp_directory_path() / "attempt_probe_XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) {
      throw EnvironmentError(path_ + ": cannot be made (" + std::strerror(errno) +
                             "; probes keep their trials there). Set TMPDIR to a folder that can "
                             "be written");
    }
  }
  ~ScratchFolder() {
    std::error_code none;
    fs::remove_all(path_, none);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Ids of `kinds` and of all that they need.
std::set<std::string> with_needed(const sweep::Plan& plan, std::set<std::string> ids) {
  // What is needed stands before who needs it, or the other way round.
  for (std::size_t before = 0; before != ids.size();) {
    before = ids.size();
    for (const sweep::PlannedTrial& trial : plan.trials) {
      if (!ids.contains(trial.spec.trial_id)) continue;
      ids.insert(trial.spec.depends_on.begin(), trial.spec.depends_on.end());
    }
  }
  return ids;
}

void shorten(sweep::TrialSpec& spec, bool is_needed) {
  spec.phase = "probe";
  spec.train.total_steps = std::min(spec.train.total_steps, kMostSteps);
  spec.train.evaluate_every_steps = spec.train.total_steps;
  spec.train.patience = 0;
  spec.keep_predictions = false;
  spec.save_parameters = is_needed ? "all" : "none";
}

/// The part of worker `index`: every how-manieth kind, and what those need.
sweep::Plan part_of(const sweep::Plan& probes, std::int64_t index, std::int64_t workers) {
  std::set<std::string> ids;
  std::set<std::string> needed;
  for (const sweep::PlannedTrial& trial : probes.trials) {
    needed.insert(trial.spec.depends_on.begin(), trial.spec.depends_on.end());
  }
  std::int64_t number = 0;
  for (const sweep::PlannedTrial& trial : probes.trials) {
    if (number++ % workers == index) ids.insert(trial.spec.trial_id);
  }
  ids = with_needed(probes, ids);
  sweep::Plan part = probes;
  std::erase_if(part.trials, [&](const auto& trial) { return !ids.contains(trial.spec.trial_id); });
  return part;
}

void bind_to_part(std::int64_t index, std::int64_t workers) {
  cpu_set_t set;
  CPU_ZERO(&set);
  const auto cpus = process::usable_cpus(/*ignore_binding=*/false);
  for (const int cpu : process::share_of_cpus(cpus, index, workers)) CPU_SET(cpu, &set);
  ::sched_setaffinity(0, sizeof(set), &set);
}

/// Runs the probes of one folder. @return the exit code of its study
int run_in(const fs::path& root, const sweep::Plan& plan) {
  const process::StopSignals signals;
  const results::StudyFolder folder(root);
  const std::string run_id = results::make_run_id();
  folder.create();
  results::take_study(folder, results::this_process(run_id), std::chrono::seconds(1));
  mpi::Communicator alone;
  const schedule::StudyRun run{.plan = &plan,
                               .folder = folder,
                               .communicator = alone,
                               .run_id = run_id,
                               .trainer = trainer_executable(),
                               .signals = signals};
  return schedule::run_study(run).exit_code;
}

/// Starts run_in() in a process of its own, on its share of the cores.
pid_t start_part(const fs::path& root, const sweep::Plan& plan, std::int64_t index,
                 std::int64_t workers) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  int code = 1;
  try {
    bind_to_part(index, workers);
    code = run_in(root, plan);
  } catch (const std::exception& error) {
    fmt::print(stderr, "attempt: probe: {}\n", error.what());
  }
  std::fflush(nullptr);
  ::_exit(code);
}

/// What a probe's file says; nothing where it has none.
/// @param seconds  that it took from its assignment to its end
std::optional<sweep::Speed> speed_of(const results::StudyFolder& folder, const std::string& id,
                                     double seconds) {
  const fs::path file = folder.trial(id);
  if (!fs::exists(file)) return std::nullopt;
  const results::TrialRecord record = results::read_trial_summary(file);
  const nlohmann::json probe = nlohmann::json::parse(record.counts).at("probe");
  const double accounted = probe.at("accounted_seconds");
  return sweep::Speed{.device = record.cost.device,
                      .setup_seconds = std::max(0.0, seconds - accounted),
                      .step_seconds = probe.at("step_seconds"),
                      .row_seconds = probe.at("row_seconds"),
                      .memory_bytes = record.cost.peak_memory_bytes};
}

std::map<std::string, double> seconds_of_trials(const results::StudyFolder& folder) {
  std::map<std::string, double> seconds;
  for (const results::Event& event : results::read_events(folder).events) {
    if (event.type == "attempt_ended") seconds[event.trial_id] = event.data.value("seconds", 0.0);
  }
  return seconds;
}

/// Of both rounds, and how far they lie apart.
class Rounds {
 public:
  void add(const sweep::Speed& speed) {
    if (count_++ == 0) {
      first_ = mean_ = speed;
      return;
    }
    for (const auto member :
         {&sweep::Speed::setup_seconds, &sweep::Speed::step_seconds, &sweep::Speed::row_seconds}) {
      mean_.*member = (first_.*member + speed.*member) / 2;
    }
    mean_.memory_bytes = std::max(first_.memory_bytes, speed.memory_bytes);
    for (const auto member : {&sweep::Speed::step_seconds, &sweep::Speed::row_seconds}) {
      const double ratio = speed.*member / first_.*member;
      if (std::isfinite(ratio) && ratio > 0) distances_.push_back(std::log(ratio));
    }
  }
  const sweep::Speed& mean() const { return mean_; }
  const std::vector<double>& distances() const { return distances_; }

 private:
  sweep::Speed first_;
  sweep::Speed mean_;
  std::vector<double> distances_;
  int count_ = 0;
};

/// Standard deviation of the logarithm of one measurement: how restless the machine is.
double restlessness(const std::map<std::string, Rounds>& kinds) {
  double squares = 0;
  std::size_t count = 0;
  for (const auto& [kind, rounds] : kinds) {
    for (const double distance : rounds.distances()) squares += distance * distance;
    count += rounds.distances().size();
  }
  return count > 0 ? std::sqrt(squares / (2 * static_cast<double>(count))) : 0;
}

/// What a trial takes besides steps and rows: no more than the median over the probes, whose first
/// had to load the backbone.
void share_setup(Speeds& speeds) {
  std::vector<double> setups;
  for (const auto& [kind, speed] : speeds) setups.push_back(speed.setup_seconds);
  if (setups.empty()) return;
  const auto middle = setups.begin() + static_cast<std::ptrdiff_t>(setups.size() / 2);
  std::nth_element(setups.begin(), middle, setups.end());
  for (auto& [kind, speed] : speeds) speed.setup_seconds = std::min(speed.setup_seconds, *middle);
}

std::string reason_of(const results::StudyFolder& folder, const std::string& id) {
  const auto states = results::fold_study_state(folder, results::read_events(folder));
  const auto found = states.find(id);
  return found == states.end() || found->second.reason.empty() ? "what it needs has failed"
                                                               : found->second.reason;
}

/// Waits for the processes; hands a stop signal on to them, so that they end their trainers.
/// @return whether one was stopped
bool are_stopped(const std::vector<pid_t>& children) {
  const process::StopSignals signals;
  bool is_handed_on = false;
  bool is_stopped = false;
  for (const pid_t child : children) {
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      // Ctrl-C has reached them by itself.
      const int signal = process::StopSignals::received();
      if (signal != 0 && signal != SIGINT && !is_handed_on) {
        for (const pid_t other : children) ::kill(other, SIGTERM);
        is_handed_on = true;
      }
      pollfd wake{signals.descriptor(), POLLIN, 0};
      ::poll(&wake, signal == 0 ? 1 : 0, kWaitMs);
    }
    is_stopped = is_stopped || WIFSIGNALED(status) || WEXITSTATUS(status) == kStoppedEarly;
  }
  return is_stopped || process::StopSignals::received() != 0;
}

/// Runs all probes once, and takes what they measured.
void run_round(const sweep::Plan& probes, std::int64_t workers,
               std::map<std::string, Rounds>& kinds, Problems& problems) {
  const ScratchFolder scratch;
  std::vector<sweep::Plan> parts;
  std::vector<pid_t> children;
  for (std::int64_t i = 0; i < workers; ++i) {
    parts.push_back(part_of(probes, i, workers));
    const fs::path root = fs::path(scratch.path()) / std::to_string(i);
    children.push_back(start_part(root, parts.back(), i, workers));
  }
  const bool is_stopped = are_stopped(children);
  if (is_stopped) throw EnvironmentError("the probes were stopped; nothing of them was kept");

  for (std::int64_t i = 0; i < workers; ++i) {
    const results::StudyFolder folder(fs::path(scratch.path()) / std::to_string(i));
    std::map<std::string, double> seconds = seconds_of_trials(folder);
    for (const sweep::PlannedTrial& trial : parts[static_cast<std::size_t>(i)].trials) {
      const std::string& id = trial.spec.trial_id;
      if (const auto speed = speed_of(folder, id, seconds[id])) {
        kinds[trial.kind].add(*speed);
      } else {
        problems.emplace(trial.kind,
                         fmt::format("{} on {} could not be measured: {}", trial.spec.label,
                                     sweep::task_text(trial.spec), reason_of(folder, id)));
      }
    }
  }
}

}  // namespace

sweep::Plan probe_plan(const sweep::Plan& plan) {
  std::set<std::string> kinds;
  std::set<std::string> ids;
  for (const sweep::PlannedTrial& trial : plan.trials) {
    if (kinds.insert(trial.kind).second) ids.insert(trial.spec.trial_id);
  }
  ids = with_needed(plan, std::move(ids));
  std::set<std::string> needed;
  sweep::Plan probes = plan;
  probes.searches.clear();
  probes.store_path.clear();  // what others have trained says nothing of this machine
  probes.max_attempts = 1;
  probes.max_failed_trials = -1;
  std::erase_if(probes.trials,
                [&](const auto& trial) { return !ids.contains(trial.spec.trial_id); });
  for (const sweep::PlannedTrial& trial : probes.trials) {
    needed.insert(trial.spec.depends_on.begin(), trial.spec.depends_on.end());
  }
  for (sweep::PlannedTrial& trial : probes.trials) {
    shorten(trial.spec, needed.contains(trial.spec.trial_id));
  }
  return probes;
}

std::vector<std::string> run_probes(const sweep::Plan& plan, std::int64_t workers,
                                    const fs::path& speeds_file) {
  const sweep::Plan probes = probe_plan(plan);
  if (!schedule::visible_gpus().empty()) workers = 1;  // each GPU has a trainer anyway
  std::map<std::string, Rounds> kinds;
  Problems problems;
  for (int round = 0; round < kRounds; ++round) run_round(probes, workers, kinds, problems);
  Speeds speeds;
  const double spread = sweep::probed_spread(restlessness(kinds));
  for (const auto& [kind, rounds] : kinds) {
    speeds[kind] = rounds.mean();
    speeds[kind].spread = spread;
  }
  if (speeds.empty()) {
    throw EnvironmentError(
        "no probe came to its end" +
        (problems.empty() ? std::string() : " (" + problems.begin()->second + ")"));
  }
  share_setup(speeds);
  sweep::SpeedTable table;
  for (const sweep::PlannedTrial& trial : plan.trials) {
    const auto found = speeds.find(trial.kind);
    if (found == speeds.end()) continue;
    sweep::Speed& speed = found->second;
    speed.slowness = sweep::seconds_at(speed, trial.spec) / trial.assumed_seconds;
    table.put(trial.kind, speed);
  }
  table.add_to(speeds_file);
  std::vector<std::string> told;
  for (const auto& [kind, problem] : problems) {
    if (!speeds.contains(kind)) told.push_back(problem);
  }
  return told;
}

}  // namespace attempt::cli
