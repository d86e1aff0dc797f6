#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "results/publish.h"
#include "results/results_file.h"
#include "results/run_holder.h"
#include "results/sealed_text.h"
#include "results/study_members.h"
#include "runner/cli/commands.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/errors.h"
#include "runner/cli/progress_printer.h"
#include "runner/cli/pruning_report.h"
#include "runner/cli/study_grade.h"
#include "runner/cli/study_view.h"
#include "runner/cli/time_limit.h"
#include "runner/cli/trainer_path.h"
#include "runner/cli/usage_error.h"
#include "runner/config/sweep_file.h"
#include "runner/mpi/communicator.h"
#include "runner/process/deadline.h"
#include "runner/process/launcher.h"
#include "runner/schedule/heartbeats.h"
#include "runner/schedule/run_study.h"
#include "runner/search/pruner.h"
#include "runner/search/search_growth.h"
#include "runner/sweep/plan.h"

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

constexpr auto kEarlierSliceLimit = std::chrono::minutes(2);  // to write its checkpoints and leave
constexpr std::int64_t kAlwaysAllowedWorkers = 64;
constexpr std::int64_t kWorkersPerCore = 4;
constexpr double kShortestStartSeconds = 10;  // for MPI, on a machine that is busy

sweep::Plan read_plan(const Arguments& arguments) {
  sweep::Plan plan = sweep::make_plan({.sweep_file = arguments.positional("SWEEP"),
                                       .set = arguments.values("set"),
                                       .allow_missing_weights = false});
  if (arguments.has("join") && !plan.searches.empty()) {
    throw UsageError(
        "--join is given for a study with [search] (each run would choose for itself what "
        "follows). Leave it out: one run at a time works on such a study");
  }
  return plan;
}

fs::path study_path(const Arguments& arguments, const sweep::Plan& plan) {
  return fs::absolute(arguments.value("out", (fs::path("studies") / plan.name).string()))
      .lexically_normal();
}

/// Counted from the start of this process.
std::optional<std::chrono::steady_clock::time_point> end_of_time(const Arguments& arguments) {
  static const auto start = std::chrono::steady_clock::now();
  if (!arguments.has("time-limit")) return std::nullopt;
  return start + std::chrono::milliseconds(
                     std::llround(1000 * time_limit_seconds(arguments.value("time-limit"))));
}

ProgressStyle progress_style(const Arguments& arguments) {
  const std::string asked =
      arguments.value("progress", isatty(STDERR_FILENO) != 0 ? "terminal" : "plain");
  if (asked == "terminal") return ProgressStyle::kTerminal;
  if (asked == "plain") return ProgressStyle::kPlain;
  throw UsageError("--progress is '" + asked + "' (must be terminal or plain)");
}

/// The study is ours alone, once whoever holds it has ended. An earlier slice of our own Slurm job,
/// which goes on where Slurm took its node for lost, is asked to leave.
/// @return whoever holds it instead
std::optional<results::RunHolder> take_alone(const results::StudyFolder& folder,
                                             const results::RunHolder& mine,
                                             std::chrono::milliseconds patience) {
  // Asked before the study is taken, since members end when they see that somebody holds it.
  if (auto member = results::living_member(folder, patience)) return member;
  const auto end = std::chrono::steady_clock::now() + patience + kEarlierSliceLimit;
  std::optional<results::RunHolder> holder = results::take_study(folder, mine, patience);
  if (holder && !mine.job.empty() && holder->job == mine.job) {
    results::write_file_atomically(folder.stop_file(), "stop\n");
    while (holder && std::chrono::steady_clock::now() < end) {
      holder = results::take_study(folder, mine, patience);
    }
  }
  if (holder) return holder;
  holder = results::living_member(folder, patience);  // one that joined meanwhile
  if (holder) results::leave_study(folder, mine.run_id);
  return holder;
}

/// Nobody else works on the study from now on, or only runs that have joined it too.
void take_folder(const results::StudyFolder& folder, const sweep::Plan& plan,
                 const std::string& run_id, bool is_joined) {
  folder.create();
  const auto patience = std::chrono::milliseconds(
      static_cast<std::int64_t>(1000 * std::max(1.0, plan.heartbeat_seconds)));
  const results::RunHolder mine = results::this_process(run_id);
  const std::optional<results::RunHolder> holder =
      is_joined ? results::join_study(folder, mine, patience) : take_alone(folder, mine, patience);
  if (!holder) return;
  throw EnvironmentError(folder.root().string() + ": is being run by " +
                         results::describe(*holder) +
                         " (two runs would do the same work). Wait for it, or end it with `attempt "
                         "stop " +
                         folder.root().string() + "`");
}

/// Folders, the effective sweep, and the plan for `status` and the table.
void prepare_folder(const results::StudyFolder& folder, const sweep::Plan& plan,
                    const std::string& run_id, bool is_joined) {
  take_folder(folder, plan, run_id, is_joined);
  results::write_file_atomically(folder.sweep(), results::seal_lines(plan.effective_toml));
  write_study_plan(folder, plan);
  keep_forecast(folder, plan);
  std::error_code error;
  if (!is_joined) fs::remove(folder.stop_file(), error);  // of an earlier run
}

/// What a user sees at the end: the table on standard output, the rest on standard error.
void print_end(const fs::path& root, const sweep::Plan& plan, const std::string& stop_reason,
               int exit_code) {
  const StudyView study = open_study(root);
  std::vector<std::string> finished;
  const std::map<std::string, std::string> blocked = study.blocked();
  for (const StudyTrial& trial : study.trials) {
    const auto status = study.status(trial.trial_id);
    if (status == results::TrialStatus::kSucceeded) finished.push_back(trial.trial_id);
    if (const auto found = blocked.find(trial.trial_id); found != blocked.end()) {
      std::fprintf(stderr, "blocked: %s (%s) needs %s, which failed\n", describe(trial).c_str(),
                   trial.trial_id.c_str(), found->second.c_str());
    }
    if (status == results::TrialStatus::kFailed) {
      std::fprintf(stderr, "failed: %s (%s): %s\n", describe(trial).c_str(), trial.trial_id.c_str(),
                   study.states.at(trial.trial_id).reason.c_str());
    }
  }
  if (!finished.empty()) {
    const results::Scores scores = results::write_results_file(study.folder, finished);
    fmt::print("{}", results::format_table(study_table(study, scores)));
    std::fflush(stdout);
  }
  const ForecastGrade grade = keep_grade(study);
  keep_speeds(study, plan);
  fmt::print(stderr, "{}{}", pruning_report(study), grade_text(grade));
  fmt::print(stderr, "{} of {} trials finished; everything is in {}\n", finished.size(),
             study.trials.size(), root.string());
  if (exit_code == kStoppedEarly) {
    fmt::print(stderr, "Stopped early{}. Run the same command again to go on.\n",
               stop_reason.empty() ? "" : " (" + stop_reason + ")");
  }
}

/// What adds trials to a study with [search] as it runs; null for any other.
std::unique_ptr<search::SearchGrowth> study_growth(const Arguments& arguments,
                                                   const sweep::Plan& plan,
                                                   const results::StudyFolder& folder) {
  if (plan.searches.empty()) return nullptr;
  return std::make_unique<search::SearchGrowth>(
      config::read_sweep(arguments.positional("SWEEP"), arguments.values("set")),
      sweep::open_study_inputs(/*allow_missing_weights=*/false), folder,
      [folder](const sweep::Plan& grown) {
        write_study_plan(folder, grown);
        keep_forecast(folder, grown);
      });
}

/// What stops trials of searches early; null where nothing does.
std::unique_ptr<search::Pruner> study_pruner(const sweep::Plan& plan,
                                             const results::StudyFolder& folder) {
  if (plan.searches.empty()) return nullptr;
  const sweep::PlannedSearch& any = plan.searches.front();
  if (any.pruner == "off" || any.is_audited) return nullptr;
  return std::make_unique<search::Pruner>(search::PruningRule{any.pruner, any.prune_after}, folder);
}

/// Ranks that mpirun starts on this machine alone; more than it can carry are a slip of the pen.
std::int64_t workers_of(const Arguments& arguments) {
  const std::int64_t workers = arguments.integer("workers", 1, 1);
  for (const char* of_a_cluster :
       {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "OMPI_MCA_orte_default_hostfile"}) {
    if (std::getenv(of_a_cluster) != nullptr) return workers;
  }
  const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  const std::int64_t most = std::max(kAlwaysAllowedWorkers, kWorkersPerCore * cores);
  if (workers <= most) return workers;
  throw UsageError(fmt::format(
      "--workers {} (each is a process with a trainer beside it, and this machine has {} cores). "
      "Give at most {}, or start ranks on several machines with mpirun",
      workers, cores, most));
}

/// Starts this command again as N MPI ranks and reports what came out.
int run_under_mpirun(const Arguments& arguments) {
  const process::StopSignals signals;
  const sweep::Plan plan =
      read_plan(arguments);  // so that nothing is started for a sweep that is wrong
  const results::StudyFolder folder(study_path(arguments, plan));
  const std::string run_id = results::make_run_id();
  const bool is_joined = arguments.has("join");
  process::Launch launch;
  launch.workers = workers_of(arguments);
  const ProgressStyle style = progress_style(arguments);
  prepare_folder(folder, plan, run_id, is_joined);  // nothing of the arguments is wrong
  launch.exit_file = folder.exit_file(run_id);
  // The other runs of a joined study go on.
  launch.stop_file = is_joined ? results::stop_file_of(folder, run_id) : folder.stop_file();
  launch.command = {own_executable().string(),
                    "run",
                    fs::absolute(arguments.positional("SWEEP")).string(),
                    "--out",
                    folder.root().string(),
                    "--run-id",
                    run_id,
                    "--progress",
                    style == ProgressStyle::kTerminal ? "terminal" : "plain",
                    "--heartbeat",
                    fmt::format("{}", plan.heartbeat_seconds)};
  for (const std::string& assignment : arguments.values("set")) {
    launch.command.insert(launch.command.end(), {"--set", assignment});
  }
  if (is_joined) launch.command.emplace_back("--join");
  if (arguments.has("time-limit")) {
    const double left =
        std::chrono::duration<double>(*end_of_time(arguments) - std::chrono::steady_clock::now())
            .count();
    launch.command.insert(launch.command.end(), {"--time-limit", fmt::format("{:.0f}", left)});
  }
  const process::LaunchEnd end = process::launch(launch, signals);
  results::leave_study(folder, run_id);
  results::leave_members(folder, run_id);
  if (!end.problem.empty()) throw EnvironmentError(end.problem);
  if (end.exit_code == kUsage) return end.exit_code;  // nothing was run; rank 0 said why
  print_end(folder.root(), plan, "", end.exit_code);
  return end.exit_code;
}

/// limits.heartbeat_seconds as far as a rank can know it that has not heard of the manager.
double early_heartbeat(const Arguments& arguments) {
  return arguments.has("heartbeat") ? std::stod(arguments.value("heartbeat"))
                                    : sweep::Plan{}.heartbeat_seconds;
}

/// For the launcher, which else only sees that the manager ended before its time.
void leave_exit_code(const results::StudyFolder& folder, const std::string& run_id, int code) {
  try {
    results::write_file_atomically(folder.exit_file(run_id), std::to_string(code) + "\n");
  } catch (const std::exception& error) {
    report_error(error);
  }
}

/// One rank of a study, or the whole of it without MPI.
int run_rank(const Arguments& arguments) {
  const process::StopSignals signals;
  const double heartbeat = early_heartbeat(arguments);
  mpi::ScopedMpi mpi(nullptr, nullptr, std::max(kShortestStartSeconds, heartbeat));
  const bool is_manager = mpi.world().rank() == 0;
  const bool is_child = arguments.has("run-id");  // the `attempt run` that started us reports
  const bool is_joined = arguments.has("join");
  sweep::Plan plan;
  // Agents are told the study's folder with each assignment.
  results::StudyFolder folder(fs::absolute(arguments.value("out", ".")));
  const std::string run_id = arguments.value("run-id", is_manager ? results::make_run_id() : "");
  std::unique_ptr<search::SearchGrowth> growth;
  std::unique_ptr<search::Pruner> pruner;
  try {
    if (is_manager) {
      schedule::work_with_heartbeats(mpi.world(), heartbeat, [&] {
        plan = read_plan(arguments);
        folder = results::StudyFolder(study_path(arguments, plan));
        growth = study_growth(arguments, plan, folder);  // reads the sweep again
        pruner = study_pruner(plan, folder);
        if (is_child) {
          take_folder(folder, plan, run_id,
                      is_joined);  // from the launcher, whose process is another
        } else {
          prepare_folder(folder, plan, run_id, is_joined);
        }
      });
    }
  } catch (const std::exception& error) {
    const int code = report_error(error);
    if (mpi.world().is_null()) return code;
    if (is_child) leave_exit_code(folder, run_id, code);
    ::_exit(code);  // the other ranks wait for rank 0: the launcher ends them
  }
  std::optional<ProgressPrinter> printer;
  std::optional<process::Deadline> deadline;
  if (is_manager) deadline.emplace(end_of_time(arguments));
  if (is_manager) printer.emplace(plan, progress_style(arguments));
  schedule::StudyRun study{
      .plan = is_manager ? &plan : nullptr,
      .folder = folder,
      .communicator = mpi.world(),
      .run_id = run_id,
      .trainer = trainer_executable(),
      .observer = printer ? &*printer : nullptr,
      .signals = signals,
      .heartbeat_timeout_seconds = is_manager ? plan.heartbeat_seconds : heartbeat,
      .deadline = deadline ? &*deadline : nullptr,
      .growth = growth.get(),
      .judge = pruner.get()};
  if (is_joined) {
    study.is_joined = true;
    study.lease_seconds = plan.heartbeat_seconds;
    // An agent that lost its manager must be gone before others take its trials over.
    study.heartbeat_timeout_seconds /= 2;
  }
  const schedule::RunResult result = schedule::run_study(study);
  if (is_manager && !is_child) print_end(folder.root(), plan, result.stop_reason, result.exit_code);
  if (result.is_rank_lost) {
    std::fflush(nullptr);
    ::_exit(result.exit_code);  // MPI_Finalize would wait for the lost rank
  }
  return result.exit_code;
}

/// A job script that asks for several tasks and starts one process leaves the others idle.
void require_all_tasks(const Arguments& arguments) {
  const char* tasks = std::getenv("SLURM_NTASKS");
  const bool is_of_step = std::getenv("SLURM_STEP_ID") != nullptr;
  if (tasks == nullptr || is_of_step || mpi::is_started_by_launcher()) return;
  if (arguments.has("workers") || arguments.has("join") || std::atoi(tasks) <= 1) return;
  throw UsageError(std::string("this Slurm job has ") + tasks +
                   " tasks, but one process was started (the others would be idle). Use `attempt "
                   "run --workers " +
                   tasks + "` or `srun --mpi=pmix attempt run`, or ask for --ntasks=1");
}

int run(const Arguments& arguments) {
  require_all_tasks(arguments);
  end_of_time(arguments);  // the clock starts here, and a bad value is refused
  progress_style(arguments);
  trainer_executable();  // say so now if it is missing
  if (arguments.has("workers") && !mpi::is_started_by_launcher())
    return run_under_mpirun(arguments);
  return run_rank(arguments);
}

}  // namespace

Command run_command() {
  return {
      .spec = {.name = "run",
               .summary = "run a study, or continue it",
               .description = "Runs every trial of a sweep that has not finished yet, and prints "
                              "the result table. Killed or stopped\n"
                              "at any moment, the same command goes on from what is on disk.\n\n"
                              "Alone it works in this process and one trainer; with --workers N it "
                              "starts N MPI ranks itself;\n"
                              "under mpirun or srun every rank is a worker. SIGINT, SIGTERM and "
                              "SIGUSR1 make it write checkpoints\n"
                              "and end with code 75; mpirun itself then returns 1: `attempt status "
                              "DIR --exit-code` tells.",
               .positionals = {{"SWEEP",
                                "the study's TOML file (sweeps/README.md documents its keys)"}},
               .options = {{"out", "DIR",
                            "folder of the study (default: studies/NAME, NAME from the sweep)"},
                           {"workers", "N", "start N MPI ranks under mpirun"},
                           {"set", "KEY=VALUE",
                            "override a key of the sweep, e.g. train.batch_size=16", true},
                           {"join", "",
                            "share the study with other runs that have joined it: each trial is\n"
                            "run by one of them, and those of a run that is lost by the others"},
                           {"time-limit", "TIME",
                            "write checkpoints and end with code 75 early enough before so many\n"
                            "seconds, or [DAYS-]HH:MM:SS"},
                           {"progress", "STYLE",
                            "terminal or plain (default: terminal if standard error is one)"},
                           {"run-id", "ID", "internal", false, true},
                           {"heartbeat", "SECONDS", "internal", false, true}},
               .examples =
                   {"attempt run demo/demo.toml --workers 2",
                    "attempt run sweeps/paper.toml --out /scratch/paper --set model.precision=bf16",
                    "mpirun -n 8 attempt run sweeps/paper.toml --out /scratch/paper"}},
      .run = run};
}

}  // namespace attempt::cli
