#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>

#include "runner/cli/commands.h"
#include "runner/cli/doctor_ranks.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/folder_check.h"
#include "runner/cli/trainer_path.h"
#include "runner/cli/usage_error.h"
#include "runner/cli/version.h"
#include "runner/mpi/communicator.h"
#include "runner/mpi/library.h"
#include "runner/process/program.h"
#include "runner/schedule/devices.h"

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

constexpr double kStartSeconds = 60;  // for the ranks of a job to find each other

Finding check_trainer() {
  try {
    return {true, "attempt-trainer", trainer_executable().string()};
  } catch (const EnvironmentError& error) {
    return {false, "attempt-trainer", error.what()};
  }
}

Finding check_launcher() {
  const fs::path mpirun = process::find_program("mpirun");
  if (!mpirun.empty()) return {true, "mpirun", mpirun.string()};
  return {false, "mpirun",
          "is not in PATH (--workers needs it; a single process works without). Install Open MPI "
          "or load its module"};
}

Finding check_processor() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof(allowed), &allowed);
  const double gib = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                     static_cast<double>(sysconf(_SC_PAGESIZE)) / (1024.0 * 1024.0 * 1024.0);
  return {true, "processor",
          fmt::format("{} cores for this process, {:.1f} GiB memory", CPU_COUNT(&allowed), gib)};
}

/// Whether srun can start ranks of this MPI; nothing to say where there is no Slurm.
std::optional<Finding> check_srun() {
  if (process::find_program("srun").empty()) return std::nullopt;
  const process::ProgramEnd end =
      process::run_program({"srun", "--mpi=list"}, std::chrono::seconds(20));
  const bool has_pmix = (end.output + end.errors).find("pmix") != std::string::npos;
  return Finding{true, "srun",
                 has_pmix ? "has a PMIx plugin: srun --mpi=pmix starts ranks"
                          : "has no PMIx plugin: use --launcher mpirun, or --jobs"};
}

int doctor(const Arguments& arguments) {
  mpi::ScopedMpi mpi(nullptr, nullptr, kStartSeconds);
  const fs::path folder = arguments.positional("DIR").empty()
                              ? fs::current_path()
                              : fs::path(arguments.positional("DIR"));
  std::vector<Finding> findings = {check_trainer(),
                                   {true, "MPI library", mpi::library_version()},
                                   check_launcher(),
                                   check_processor()};
  if (const auto srun = check_srun()) findings.push_back(*srun);
  const std::vector<std::string> gpus = schedule::visible_gpus();
  if (gpus.empty())
    findings.push_back({true, "devices", "no NVIDIA driver or GPU: trainers compute on the CPU"});
  for (const std::string& uuid : gpus) findings.push_back({true, "device", uuid});
  if (const fs::path existing = existing_folder(folder); !fs::exists(folder)) {
    findings.push_back({true, folder.string(),
                        "does not exist yet; what follows was tried in " + existing.string()});
  }
  for (Finding finding : check_folder(folder)) {
    finding.what = folder.string() + ": " + finding.what;
    findings.push_back(finding);
  }
  if (mpi.world().size() > 1) {
    findings = find_together(
        mpi.world(), findings,
        schedule::devices_of_rank(gpus, mpi.world().local_rank(), mpi.world().local_size()),
        folder);
    if (mpi.world().rank() != 0) return kSuccess;
  }
  fmt::print("{}\n", version_text());
  bool is_good = true;
  for (const Finding& finding : findings) {
    fmt::print("{:<7} {}: {}\n", finding.is_good ? "ok" : "PROBLEM", finding.what, finding.outcome);
    is_good = is_good && finding.is_good;
  }
  return is_good ? kSuccess : kEnvironment;
}

}  // namespace

Command doctor_command() {
  return {
      .spec = {.name = "doctor",
               .summary = "check the ground: MPI, devices, file system, versions",
               .description = "Checks what a study needs of this machine and of the folder it will "
                              "write to. Ends with code 3 when\n"
                              "something is missing. As a job of several "
                              "ranks (`mpirun attempt doctor DIR` in a batch script)\n"
                              "it also checks that they hear one another, see one folder and have "
                              "devices of their own.",
               .positionals = {{"DIR", "folder where studies will lie (default: the current one)",
                                false}},
               .options = {},
               .examples = {"attempt doctor /scratch/me",
                            "sbatch --nodes 2 --ntasks-per-node 1 --wrap 'mpirun attempt doctor "
                            "/scratch/me'"}},
      .run = doctor};
}

}  // namespace attempt::cli
