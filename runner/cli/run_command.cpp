#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "results/export.h"
#include "results/publish.h"
#include "runner/cli/commands.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/errors.h"
#include "runner/cli/progress_printer.h"
#include "runner/cli/study_view.h"
#include "runner/cli/trainer_path.h"
#include "runner/cli/usage_error.h"
#include "runner/mpi/communicator.h"
#include "runner/process/launcher.h"
#include "runner/schedule/run_study.h"
#include "runner/sweep/plan.h"

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

sweep::Plan read_plan(const Arguments& arguments) {
  return sweep::make_plan({.sweep_file = arguments.positional("SWEEP"),
                           .set = arguments.values("set"),
                           .allow_missing_weights = false});
}

fs::path study_path(const Arguments& arguments, const sweep::Plan& plan) {
  return fs::absolute(arguments.value("out", (fs::path("studies") / plan.name).string()))
      .lexically_normal();
}

ProgressStyle progress_style(const Arguments& arguments) {
  const std::string asked =
      arguments.value("progress", isatty(STDERR_FILENO) != 0 ? "terminal" : "plain");
  if (asked == "terminal") return ProgressStyle::kTerminal;
  if (asked == "plain") return ProgressStyle::kPlain;
  throw UsageError("--progress is '" + asked + "' (must be terminal or plain)");
}

/// Folders, the effective sweep, and the plan for `status` and the table.
void prepare_folder(const results::StudyFolder& folder, const sweep::Plan& plan) {
  folder.create();
  results::write_file_atomically(folder.sweep(), plan.effective_toml);
  write_study_plan(folder, plan);
  std::error_code error;
  fs::remove(folder.stop_file(), error);  // of an earlier run
}

/// What a user sees at the end: the table on standard output, the rest on standard error.
void print_end(const fs::path& root, const std::string& stop_reason, int exit_code) {
  const StudyView study = open_study(root);
  std::vector<std::string> finished;
  for (const StudyTrial& trial : study.trials) {
    const auto status = study.status(trial.trial_id);
    if (status == results::TrialStatus::kSucceeded) finished.push_back(trial.trial_id);
    if (status == results::TrialStatus::kFailed) {
      std::fprintf(stderr, "failed: %s (%s): %s\n", describe(trial).c_str(), trial.trial_id.c_str(),
                   study.states.at(trial.trial_id).reason.c_str());
    }
  }
  if (!finished.empty()) {
    results::write_results_file(study.folder, finished);
    fmt::print("{}", results::format_table(study_table(study)));
    std::fflush(stdout);
  }
  fmt::print(stderr, "{} of {} trials finished; everything is in {}\n", finished.size(),
             study.trials.size(), root.string());
  if (exit_code == kStoppedEarly) {
    fmt::print(stderr, "Stopped early{}. Run the same command again to go on.\n",
               stop_reason.empty() ? "" : " (" + stop_reason + ")");
  }
}

/// Starts this command again as N MPI ranks and reports what came out.
int run_under_mpirun(const Arguments& arguments) {
  const process::StopSignals signals;
  const sweep::Plan plan =
      read_plan(arguments);  // so that nothing is started for a sweep that is wrong
  const results::StudyFolder folder(study_path(arguments, plan));
  prepare_folder(folder, plan);
  const std::string run_id = results::make_run_id();
  process::Launch launch;
  launch.workers = arguments.integer("workers", 1, 1);
  launch.exit_file = folder.exit_file(run_id);
  launch.stop_file = folder.stop_file();
  launch.command = {own_executable().string(),
                    "run",
                    fs::absolute(arguments.positional("SWEEP")).string(),
                    "--out",
                    folder.root().string(),
                    "--run-id",
                    run_id,
                    "--progress",
                    progress_style(arguments) == ProgressStyle::kTerminal ? "terminal" : "plain"};
  for (const std::string& assignment : arguments.values("set")) {
    launch.command.insert(launch.command.end(), {"--set", assignment});
  }
  const process::LaunchEnd end = process::launch(launch, signals);
  if (!end.problem.empty()) throw EnvironmentError(end.problem);
  print_end(folder.root(), "", end.exit_code);
  return end.exit_code;
}

/// One rank of a study, or the whole of it without MPI.
int run_rank(const Arguments& arguments) {
  const process::StopSignals signals;
  mpi::ScopedMpi mpi(nullptr, nullptr);
  const bool is_manager = mpi.world().rank() == 0;
  const bool is_child = arguments.has("run-id");  // the `attempt run` that started us reports
  sweep::Plan plan;
  results::StudyFolder folder(fs::path{});
  try {
    if (is_manager) {
      plan = read_plan(arguments);
      folder = results::StudyFolder(study_path(arguments, plan));
      if (!is_child) prepare_folder(folder, plan);
    } else {
      // Agents are told the study's folder with each assignment.
      folder = results::StudyFolder(fs::absolute(arguments.value("out", ".")));
    }
  } catch (const std::exception& error) {
    const int code = report_error(error);
    if (mpi.world().is_null()) return code;
    ::_exit(code);  // the other ranks wait for rank 0: the launcher ends them
  }
  const std::string run_id = arguments.value("run-id", is_manager ? results::make_run_id() : "");
  std::optional<ProgressPrinter> printer;
  if (is_manager) printer.emplace(plan, progress_style(arguments));
  const schedule::RunResult result = schedule::run_study({.plan = is_manager ? &plan : nullptr,
                                                          .folder = folder,
                                                          .communicator = mpi.world(),
                                                          .run_id = run_id,
                                                          .trainer = trainer_executable(),
                                                          .observer = printer ? &*printer : nullptr,
                                                          .signals = signals});
  if (is_manager && !is_child) print_end(folder.root(), result.stop_reason, result.exit_code);
  if (result.is_rank_lost) {
    std::fflush(nullptr);
    ::_exit(result.exit_code);  // MPI_Finalize would wait for the lost rank
  }
  return result.exit_code;
}

int run(const Arguments& arguments) {
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
                              "and end with code 75.",
               .positionals = {{"SWEEP",
                                "the study's TOML file (sweeps/README.md documents its keys)"}},
               .options = {{"out", "DIR",
                            "folder of the study (default: studies/NAME, NAME from the sweep)"},
                           {"workers", "N", "start N MPI ranks under mpirun"},
                           {"set", "KEY=VALUE",
                            "override a key of the sweep, e.g. train.batch_size=16", true},
                           {"progress", "STYLE",
                            "terminal or plain (default: terminal if standard error is one)"},
                           {"run-id", "ID", "internal", false, true}},
               .examples =
                   {"attempt run sweeps/real_small.toml --workers 2",
                    "attempt run sweeps/paper.toml --out /scratch/paper --set model.precision=bf16",
                    "mpirun -n 8 attempt run sweeps/paper.toml --out /scratch/paper"}},
      .run = run};
}

}  // namespace attempt::cli
