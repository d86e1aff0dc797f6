#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

#include "runner/cli/commands.h"
#include "runner/cli/study_content.h"
#include "runner/cli/study_forecast.h"
#include "runner/cli/study_grade.h"
#include "runner/cli/study_view.h"
#include "runner/cli/usage_error.h"
#include "runner/process/program.h"
#include "runner/process/slurm.h"
#include "runner/sweep/search_output.h"

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

constexpr auto kFollowInterval = std::chrono::seconds(10);

/// Runs of a joined study whose states were written so long before the newest one are gone.
constexpr auto kStateAge = std::chrono::minutes(2);

/// The newest state that a running manager wrote, and the exit code of that run if it has ended; of
/// a joined study the workers of all runs that have not.
struct LastRun {
  nlohmann::json state;
  std::optional<int> exit_code;
};

std::optional<int> exit_code_of_run(const results::StudyFolder& folder, const std::string& run_id) {
  std::ifstream file(folder.exit_file(run_id));
  int code = 0;
  if (file >> code) return code;
  return std::nullopt;
}

LastRun read_last_run(const results::StudyFolder& folder) {
  const std::string suffix = ".state.json";
  std::map<std::string, fs::path> files;  // by run id, which begins with a time
  fs::file_time_type newest = fs::file_time_type::min();
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.root() / "run", error)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(suffix)) continue;
    files[name.substr(0, name.size() - suffix.size())] = entry.path();
    newest = std::max(newest, fs::last_write_time(entry.path(), error));
  }
  LastRun last;
  nlohmann::json joined = nlohmann::json::array();
  bool has_living = false;
  for (const auto& [run_id, path] : files) {
    std::ifstream file(path);
    last.state = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
    if (!last.state.is_object()) last.state = nlohmann::json::object();
    last.exit_code = exit_code_of_run(folder, run_id);
    const bool is_living = last.state.value("join", false) && !last.exit_code &&
                           newest - fs::last_write_time(path, error) < kStateAge;
    if (!is_living || !last.state.contains("workers")) continue;
    has_living = true;
    for (const nlohmann::json& worker : last.state["workers"]) joined.push_back(worker);
  }
  if (has_living && last.state.value("join", false)) {
    last.exit_code.reset();
    last.state["workers"] = joined;
  }
  return last;
}

struct Counts {
  std::int64_t waiting = 0, running = 0, succeeded = 0, failed = 0;
};

Counts count_trials(const StudyView& study) {
  Counts counts;
  for (const StudyTrial& trial : study.trials) {
    switch (study.status(trial.trial_id)) {
      case results::TrialStatus::kWaiting:
        ++counts.waiting;
        break;
      case results::TrialStatus::kRunning:
        ++counts.running;
        break;
      case results::TrialStatus::kSucceeded:
        ++counts.succeeded;
        break;
      case results::TrialStatus::kFailed:
        ++counts.failed;
        break;
    }
  }
  return counts;
}

/// Of a worker; 0 where it does not say.
double number_of(const nlohmann::json& worker, const char* name) {
  return worker.contains(name) && worker.at(name).is_number() ? worker.at(name).get<double>() : 0.0;
}

/// What a worker was at when the manager last wrote its state.
std::string worker_text(const StudyView& study, const nlohmann::json& worker) {
  const std::string id = worker.value("trial_id", "");
  std::string text = fmt::format("worker {} on {}: ", worker.value("rank", 0),
                                 worker.value("host", std::string("?")));
  if (id.empty()) return text + "idle";
  const auto trial = std::find_if(study.trials.begin(), study.trials.end(),
                                  [&](const StudyTrial& each) { return each.trial_id == id; });
  text += trial == study.trials.end() ? id : describe(*trial);
  if (const std::int64_t width = worker.value("bundle_width", std::int64_t{1}); width > 1)
    text += fmt::format(" (in a bundle of {})", width);
  if (const std::string stage = worker.value("stage", ""); !stage.empty()) text += ", " + stage;
  const std::int64_t steps = worker.value("total_steps", std::int64_t{0});
  if (steps == 0) return text;
  text += fmt::format(" step {}/{}", worker.value("step", std::int64_t{0}), steps);
  text += fmt::format(", loss {:.4f}, {:.1f} examples/s", number_of(worker, "loss"),
                      number_of(worker, "examples_per_second"));
  const double left = number_of(worker, "remaining_seconds");
  return left >= 1 ? text + fmt::format(", {:.0f} s left", left) : text;
}

nlohmann::json failures(const StudyView& study) {
  nlohmann::json list = nlohmann::json::array();
  for (const StudyTrial& trial : study.trials) {
    if (study.status(trial.trial_id) != results::TrialStatus::kFailed) continue;
    list.push_back({{"trial_id", trial.trial_id},
                    {"trial", describe(trial)},
                    {"reason", study.states.at(trial.trial_id).reason}});
  }
  return list;
}

nlohmann::json blocked_trials(const StudyView& study) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [id, failed] : study.blocked())
    list.push_back({{"trial_id", id}, {"by", failed}});
  return list;
}

int exit_code_of(const LastRun& last, const Counts& counts) {
  if (last.exit_code) return *last.exit_code;
  if (counts.failed > 0 && counts.waiting + counts.running == 0) return kTrialsFailed;
  return counts.waiting + counts.running == 0 ? kSuccess : kStoppedEarly;
}

/// The best validation scores, and how far searches are.
void print_best(const StudyView& study) {
  for (const nlohmann::json& best : best_so_far(study)) {
    fmt::print("best     {}  {} on {}: {:.2f} (validation)\n",
               best.at("trial_id").get<std::string>(), best.at("method").get<std::string>(),
               best.at("task").get<std::string>(), best.at("validation").get<double>());
  }
  fmt::print("{}", sweep::searches_text(study.searches));
}

/// Seconds to the end, and never less than what a trial that runs says of itself.
double seconds_left(const StudyView& study, const nlohmann::json& workers) {
  double left = finish_estimate(study, static_cast<std::int64_t>(workers.size()));
  for (const nlohmann::json& worker : workers) {
    left = std::max(left, number_of(worker, "remaining_seconds"));
  }
  return left;
}

void print_text(const StudyView& study, const Counts& counts, const LastRun& last,
                const nlohmann::json& workers) {
  fmt::print("{}: {} trials: {} succeeded, {} failed, {} running, {} waiting\n", study.name,
             study.trials.size(), counts.succeeded, counts.failed, counts.running, counts.waiting);
  if (last.exit_code) {
    fmt::print("The last run has ended with exit code {}.\n", *last.exit_code);
  } else if (!workers.empty()) {
    const auto count = static_cast<std::int64_t>(workers.size());
    fmt::print("About {:.0f} s left on {} workers.\n", seconds_left(study, workers), count);
  }
  fmt::print("{:.0f} s of trainers' time so far.\n", spent_seconds(study));
  if (const std::int64_t pruned = study.pruned(); pruned == 1) {
    fmt::print("1 trial was pruned: it ended early, with its best evaluation.\n");
  } else if (pruned > 1) {
    fmt::print("{} trials were pruned: they ended early, with their best evaluation.\n", pruned);
  }
  fmt::print("{}", grade_text(grade_forecast(study)));
  print_best(study);
  for (const nlohmann::json& worker : workers) {
    fmt::print("  {}\n", worker_text(study, worker));
  }
  for (const nlohmann::json& failure : failures(study)) {
    fmt::print("failed   {}  {}: {}\n", failure.at("trial_id").get<std::string>(),
               failure.at("trial").get<std::string>(), failure.at("reason").get<std::string>());
  }
  const std::map<std::string, std::string> blocked = study.blocked();
  for (const StudyTrial& trial : study.trials) {
    const auto status = study.status(trial.trial_id);
    if (status == results::TrialStatus::kRunning) {
      fmt::print("running  {}  {}\n", trial.trial_id, describe(trial));
    } else if (status == results::TrialStatus::kWaiting) {
      fmt::print("waiting  {}  {}: {}\n", trial.trial_id, describe(trial),
                 study.reason_to_wait(trial, blocked));
    }
  }
  if (study.damaged_event_lines > 0) {
    fmt::print("{} damaged event lines were skipped.\n", study.damaged_event_lines);
  }
}

/// What looks wrong in trials that have finished.
void print_findings(const StudyView& study) {
  std::size_t looked_at = 0;
  std::size_t with_findings = 0;
  for (const results::ReportTrial& trial : read_content(study).trials) {
    if (!trial.problem.empty()) fmt::print("unreadable  {}\n", trial.problem);
    if (!trial.record) continue;
    ++looked_at;
    if (trial.findings.empty()) continue;
    ++with_findings;
    fmt::print("{}  {}\n", trial.entry.trial_id, describe(find_trial(study, trial.entry.trial_id)));
    for (const std::string& finding : trial.findings) fmt::print("  {}\n", finding);
  }
  fmt::print("{} finished trials looked at, {} with findings.\n", looked_at, with_findings);
}

/// The jobs that `attempt submit` queued for this study and that Slurm still knows.
std::vector<process::SlurmJob> known_jobs(const results::StudyFolder& folder) {
  std::ifstream file(slurm_jobs_file(folder));
  std::vector<std::string> ids;
  for (std::string id; std::getline(file, id);) ids.push_back(id);
  if (ids.empty() || process::find_program("squeue").empty()) return {};
  std::vector<process::SlurmJob> jobs = process::slurm_jobs(ids);
  std::erase_if(jobs, [](const process::SlurmJob& job) { return job.state.empty(); });
  return jobs;
}

nlohmann::json jobs_json(const std::vector<process::SlurmJob>& jobs) {
  nlohmann::json list = nlohmann::json::array();
  for (const process::SlurmJob& job : jobs) {
    list.push_back(
        {{"job", job.id}, {"state", job.state}, {"reason", job.reason}, {"time_left", job.left}});
  }
  return list;
}

void print_jobs(const std::vector<process::SlurmJob>& jobs) {
  for (const process::SlurmJob& job : jobs) {
    fmt::print("Slurm job {}: {}{}{}\n", job.id, job.state,
               job.reason.empty() ? "" : " (" + job.reason + ")",
               job.left.empty() ? "" : ", " + job.left + " left of its time");
  }
}

/// Whether a look in ten seconds may show something else: work is left that somebody may do.
bool may_change(const StudyView& study, const Counts& counts, const LastRun& last,
                const std::vector<process::SlurmJob>& jobs) {
  const auto blocked = static_cast<std::int64_t>(study.blocked().size());
  if (counts.waiting - blocked + counts.running <= 0) return false;
  const bool has_ended = last.exit_code && *last.exit_code != kStoppedEarly;
  return !has_ended || std::any_of(jobs.begin(), jobs.end(), [](const process::SlurmJob& job) {
    return !job.left.empty();  // queued or running
  });
}

/// One look at the study. @return whether another one is worth it.
bool print_status(const Arguments& arguments, int& exit_code) {
  const StudyView study = open_study(arguments.positional("DIR"));
  const LastRun last = read_last_run(study.folder);
  const Counts counts = count_trials(study);
  nlohmann::json workers = nlohmann::json::array();
  if (!last.exit_code && last.state.contains("workers")) workers = last.state["workers"];
  const std::vector<process::SlurmJob> jobs = known_jobs(study.folder);
  if (arguments.has("json")) {
    const nlohmann::json json = {{"trials",
                                  {{"waiting", counts.waiting},
                                   {"running", counts.running},
                                   {"succeeded", counts.succeeded},
                                   {"failed", counts.failed}}},
                                 {"pruned", study.pruned()},
                                 {"finish_estimate_seconds", seconds_left(study, workers)},
                                 {"spent_seconds", spent_seconds(study)},
                                 {"forecast", grade_json(grade_forecast(study))},
                                 {"best", best_so_far(study)},
                                 {"searches", sweep::searches_json(study.searches)},
                                 {"workers", workers},
                                 {"failures", failures(study)},
                                 {"blocked", blocked_trials(study)},
                                 {"jobs", jobs_json(jobs)}};
    fmt::print("{}\n", json.dump(1));
  } else {
    print_text(study, counts, last, workers);
    print_jobs(jobs);
  }
  exit_code = exit_code_of(last, counts);
  return may_change(study, counts, last, jobs);
}

int status(const Arguments& arguments) {
  if (arguments.has("diagnose")) {
    print_findings(open_study(arguments.positional("DIR")));
    return kSuccess;
  }
  if (arguments.has("why")) {
    const StudyView study = open_study(arguments.positional("DIR"));
    fmt::print("{}", why_it_waits(study, find_trial(study, arguments.value("why", ""))));
    return kSuccess;
  }
  int exit_code = kSuccess;
  while (print_status(arguments, exit_code) && arguments.has("follow")) {
    std::fflush(stdout);
    std::this_thread::sleep_for(kFollowInterval);
    fmt::print("\n");
  }
  return arguments.has("exit-code") ? exit_code : kSuccess;
}

}  // namespace

Command status_command() {
  return {
      .spec = {.name = "status",
               .summary = "progress of a study, failures, what waits and why",
               .description = "Reads the study's folder; works while it runs, from any node, and "
                              "after it has ended.",
               .positionals = {{"DIR", "folder of the study"}},
               .options = {{"diagnose", "",
                            "look through the finished trials instead: one class predicted, never\n"
                            "left warm-up, parameters hardly moved, best at the first evaluation,\n"
                            "gradient always clipped, answers or inputs truncated"},
                           {"why", "TRIAL", "explain instead what one trial waits for"},
                           {"json", "", "print JSON instead of text"},
                           {"follow", "",
                            "look again every 10 s until no work is left that can be done"},
                           {"exit-code", "",
                            "exit with the code of the study's last run (for launchers that\n"
                            "return their own), or with what its trials amount to"}},
               .examples = {"attempt status studies/paper", "attempt status studies/paper --json",
                            "attempt status studies/paper --why 3fa85f64"}},
      .run = status};
}

}  // namespace attempt::cli
