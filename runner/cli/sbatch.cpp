#include "runner/cli/sbatch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <regex>

#include "runner/cli/environment_error.h"
#include "runner/cli/usage_error.h"
#include "runner/process/program.h"

namespace attempt::cli {

namespace {

constexpr int kSignalBase = 128;

/// Whether the controller took the job before sbatch ended, nobody here knows.
EnvironmentError no_answer(const std::string& what) {
  return EnvironmentError(what +
                          ". The job may be queued all the same: look with `squeue --me` before "
                          "you submit again");
}

/// @return the job's id.
std::string submit_one(const std::filesystem::path& script, const JobPlace& place,
                       std::chrono::milliseconds limit) {
  std::vector<std::string> command = sbatch_command(place);
  command.insert(command.end(), {"--parsable", script.string()});
  const process::ProgramEnd end = process::run_program(command, limit);
  if (end.is_over_limit) {
    throw no_answer(
        fmt::format("sbatch did not end within {:g} minutes and was stopped (Slurm's controller is "
                    "busy or away)",
                    std::chrono::duration<double, std::ratio<60>>(limit).count()));
  }
  if (end.exit_code > kSignalBase) {
    throw no_answer(fmt::format("sbatch was killed by signal {}, not by this program",
                                end.exit_code - kSignalBase));
  }
  if (end.exit_code != 0) {
    std::string said = end.errors;
    while (said.ends_with('\n')) said.pop_back();
    throw UsageError("sbatch refused the job. Nothing is queued; it said:\n  " +
                     std::regex_replace(said, std::regex("\n"), "\n  "));
  }
  return end.output.substr(0, end.output.find_first_of(";\n"));  // "ID" or "ID;CLUSTER"
}

}  // namespace

std::vector<std::string> sbatch_command(const JobPlace& place) {
  std::vector<std::string> command = {"sbatch"};
  if (!place.name.empty()) command.push_back("--job-name=" + place.name);
  if (place.is_in_chain) command.emplace_back("--dependency=singleton");
  return command;
}

std::vector<std::string> submit_jobs(const std::filesystem::path& script,
                                     const std::vector<JobPlace>& places,
                                     std::chrono::milliseconds limit) {
  std::vector<std::string> ids;
  try {
    for (const JobPlace& place : places) ids.push_back(submit_one(script, place, limit));
  } catch (const std::exception&) {
    if (!ids.empty()) {
      std::vector<std::string> command = {"scancel"};
      command.insert(command.end(), ids.begin(), ids.end());
      if (process::run_program(command, limit).exit_code != 0) {
        fmt::print(stderr, "attempt: these jobs could not be taken back: scancel {}\n",
                   fmt::join(ids, " "));
      }
    }
    throw;
  }
  return ids;
}

}  // namespace attempt::cli
