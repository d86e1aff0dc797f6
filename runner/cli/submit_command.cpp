#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>

#include "results/publish.h"
#include "runner/cli/commands.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/job_script.h"
#include "runner/cli/sbatch.h"
#include "runner/cli/study_view.h"
#include "runner/cli/usage_error.h"
#include "runner/process/program.h"
#include "runner/process/slurm.h"
#include "runner/sweep/plan.h"

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

/// "4" and "a100:4" are 4.
std::int64_t gpu_count(const std::string& gpus) {
  if (gpus.empty()) return 0;
  static const std::regex kForm(R"((?:[A-Za-z][\w.-]*:)?(\d{1,4}))");
  std::smatch parts;
  if (!std::regex_match(gpus, parts, kForm)) {
    throw UsageError("--gpus-per-node is '" + gpus +
                     "' (must be a number, or a type and a number, e.g. a100:4)");
  }
  return std::stoll(parts[1].str());
}

std::string job_time(const Arguments& arguments) {
  const std::string time = arguments.value("time");
  if (time.empty()) {
    throw UsageError("--time is missing (the time limit of the job). Give e.g. --time 4:00:00");
  }
  if (!process::slurm_seconds(time)) {
    throw UsageError("--time is '" + time +
                     "' (must be MINUTES, MINUTES:SECONDS, HOURS:MINUTES:SECONDS, DAYS-HOURS, "
                     "DAYS-HOURS:MINUTES or DAYS-HOURS:MINUTES:SECONDS)");
  }
  return time;
}

/// Slurm would tell a job to stop as soon as it begins, and the job would do nothing.
std::int64_t grace_seconds(const Arguments& arguments, std::int64_t otherwise) {
  const std::int64_t grace = arguments.integer("grace", otherwise, 10);
  const std::string time = job_time(arguments);
  const double limit = *process::slurm_seconds(time);  // 0: none
  if (limit > 0 && static_cast<double>(grace) >= limit) {
    throw UsageError(
        fmt::format("--grace is {} s, --time only {} ({:.0f} s): the job would be told "
                    "to stop at its beginning. Give a shorter --grace or more --time",
                    grace, time, limit));
  }
  return grace;
}

SlurmSite site_of(const Arguments& arguments) {
  SlurmSite site = read_slurm_site(arguments.value("site"));
  site.partition = arguments.value("partition", site.partition);
  site.account = arguments.value("account", site.account);
  site.qos = arguments.value("qos", site.qos);
  site.constraint = arguments.value("constraint", site.constraint);
  site.launcher = arguments.value("launcher", site.launcher);
  site.stage = arguments.value("stage", site.stage);
  if (site.launcher != "mpirun" && site.launcher != "srun") {
    throw UsageError("the launcher is '" + site.launcher + "' (must be mpirun or srun)");
  }
  if (site.gpu_option != "gpus-per-node" && site.gpu_option != "gres") {
    throw UsageError("gpu_option is '" + site.gpu_option + "' (must be gpus-per-node or gres)");
  }
  return site;
}

/// Job names say which study it is, and chains go by them: no two studies of one name and user.
std::string job_name(const std::string& study_name, const fs::path& study) {
  return fmt::format("attempt-{}-{:08x}", study_name,
                     static_cast<std::uint32_t>(std::hash<std::string>{}(study.string())));
}

JobRequest request_of(const Arguments& arguments, const sweep::Plan& plan) {
  JobRequest request;
  request.study = fs::absolute(arguments.value("out", (fs::path("studies") / plan.name).string()))
                      .lexically_normal();
  request.sweep = fs::absolute(arguments.positional("SWEEP")).lexically_normal();
  request.set = arguments.values("set");
  request.name = job_name(plan.name, request.study);
  request.time = job_time(arguments);
  request.nodes = arguments.integer("nodes", 1, 1);
  request.gpus_per_node = arguments.value("gpus-per-node");
  const std::int64_t gpus = gpu_count(request.gpus_per_node);
  request.ranks_per_node = arguments.integer("ranks-per-node", std::max<std::int64_t>(1, gpus), 1);
  request.cpus_per_rank = arguments.integer("cpus-per-rank", 0, 1);
  request.memory = arguments.value("mem");
  request.grace_seconds = grace_seconds(arguments, request.grace_seconds);
  const bool is_chain = arguments.has("slices");
  request.max_slices = is_chain ? 1 : arguments.integer("max-slices", request.max_slices, 1);
  request.is_joined = arguments.integer("jobs", 1, 1) > 1;
  request.options = arguments.positionals("SBATCH OPTION");
  return request;
}

/// `status` asks Slurm for these. Jobs that are queued are no reason to fail.
void keep_ids(const results::StudyFolder& folder, const std::vector<std::string>& ids) {
  std::ofstream known(slurm_jobs_file(folder), std::ios::app);
  for (const std::string& id : ids) known << id << "\n";
  if (!known.flush()) {
    fmt::print(stderr,
               "attempt: {}: cannot be written, so `attempt status` will not know jobs {}\n",
               slurm_jobs_file(folder).string(), fmt::join(ids, ", "));
  }
}

/// --jobs K times --slices S: one name a chain, as `singleton` goes by names.
std::vector<JobPlace> places_of(const std::string& name, std::int64_t jobs, std::int64_t slices) {
  std::vector<JobPlace> places;
  for (std::int64_t job = 1; job <= jobs; ++job) {
    const std::string own = jobs == 1 ? "" : fmt::format("{}-{}", name, job);
    places.insert(places.end(), static_cast<std::size_t>(slices), {own, slices > 1});
  }
  return places;
}

void print_by_hand(const fs::path& study, const std::vector<JobPlace>& places) {
  fmt::print(stderr, "To submit it: mkdir -p {} (Slurm makes no folder for its log), then\n",
             shell_word((study / "logs").string()));
  for (const JobPlace& place : places) {
    fmt::print(stderr, "  {} SCRIPT\n", fmt::join(sbatch_command(place), " "));
  }
}

int submit(const Arguments& arguments) {
  // Nothing is queued for a sweep or data that are wrong.
  const sweep::Plan plan = sweep::make_plan({.sweep_file = arguments.positional("SWEEP"),
                                             .set = arguments.values("set"),
                                             .allow_missing_weights = false});
  const JobRequest request = request_of(arguments, plan);
  const std::string script = job_script(request, site_of(arguments));
  const std::vector<JobPlace> places =
      places_of(request.name, arguments.integer("jobs", 1, 1), arguments.integer("slices", 1, 1));
  if (arguments.has("print")) {
    fmt::print("{}", script);
    std::fflush(stdout);
    print_by_hand(request.study, places);
    return kSuccess;
  }
  if (process::find_program("sbatch").empty()) {
    throw EnvironmentError(
        "sbatch is not in PATH (this machine does not submit to Slurm). Run this on a login node, "
        "or use --print and submit the script there");
  }
  const results::StudyFolder folder(request.study);
  folder.create();
  if (!fs::exists(study_plan_file(folder))) write_study_plan(folder, plan);
  const fs::path file = folder.root() / "run" / "job.sh";
  results::write_file_atomically(file, script);
  const std::vector<std::string> ids = submit_jobs(file, places);
  keep_ids(folder, ids);
  fmt::print("submitted {} {} ({} trials)\n", ids.size() == 1 ? "job" : "jobs",
             fmt::join(ids, ", "), plan.trials.size());
  fmt::print(stderr,
             "script   {}\nlog      {}\nfollow   attempt status {} --follow\nend      scancel {}\n",
             file.string(), (folder.logs() / ("slurm-" + ids.front() + ".out")).string(),
             request.study.string(), fmt::join(ids, " "));
  return kSuccess;
}

}  // namespace

Command submit_command() {
  return {
      .spec =
          {.name = "submit",
           .summary = "run a study as a Slurm job",
           .description =
               "Checks the sweep as `plan` does, writes a batch script from slurm/job.sh.in and "
               "submits it. The job stops\n"
               "in time before its limit, requeues itself and goes on until the study is "
               "finished. Words after -- go to\n"
               "sbatch. Settings of the cluster stand once in slurm/site.toml or "
               "~/.config/attempt/slurm.toml; docs/slurm.md\n"
               "explains.",
           .positionals = {{"SWEEP", "the study's TOML file (sweeps/README.md documents its keys)"},
                           {"SBATCH OPTION", "after --: any option of sbatch", false, true}},
           .options =
               {{"time", "TIME", "time limit of one slice, as Slurm writes times"},
                {"nodes", "N", "nodes (default: 1)"},
                {"gpus-per-node", "[TYPE:]N", "GPUs of each node, e.g. 4 or a100:4"},
                {"ranks-per-node", "N", "MPI ranks a node (default: one a GPU, or 1)"},
                {"cpus-per-rank", "N", "cores of a rank (default: the site's)"},
                {"mem", "SIZE", "memory of a node, e.g. 64G"},
                {"partition", "NAME", "partition (default: the site's)"},
                {"account", "NAME", "account to charge"},
                {"qos", "NAME", "quality of service"},
                {"constraint", "FEATURES", "features that nodes must have"},
                {"out", "DIR", "folder of the study (default: studies/NAME)"},
                {"set", "KEY=VALUE", "override a key of the sweep", true},
                {"launcher", "NAME", "mpirun (default) or srun"},
                {"stage", "FOLDER",
                 "copy weights and token caches to this folder of each node's own disk,\n"
                 "once a node; '$TMPDIR': the one that this variable of the job names"},
                {"grace", "SECONDS",
                 "how long before the limit the job is told to stop (default: 120)"},
                {"max-slices", "N", "the job requeues itself so often (default: 100)"},
                {"jobs", "K",
                 "submit K jobs that share the study (attempt run --join); without MPI, too"},
                {"slices", "K",
                 "where jobs may not requeue themselves: submit K jobs that run one\n"
                 "after the other"},
                {"site", "FILE", "settings of the cluster, instead of the default file"},
                {"print", "", "print the script and submit nothing"}},
           .examples = {"attempt submit sweeps/paper.toml --time 8:00:00 --nodes 2 "
                        "--gpus-per-node a100:4",
                        "attempt submit sweeps/paper.toml --time 1-00 --print -- --exclusive"}},
      .run = submit};
}

}  // namespace attempt::cli
