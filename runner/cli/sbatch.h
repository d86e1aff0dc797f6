#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace attempt::cli {

/// What is submitted besides the script.
struct JobPlace {
  std::string name;  ///< of the job, those of a chain have the same; "": as the script says
  bool is_in_chain = false;
};

/// What submits one of them: sbatch and its options, without the script.
std::vector<std::string> sbatch_command(const JobPlace& place);

/// Submits all of them or none.
/// @param limit  for each call of Slurm: a busy controller may take long
/// @return the jobs' ids.
/// @throws UsageError with what sbatch said; EnvironmentError when it gave no answer.
std::vector<std::string> submit_jobs(const std::filesystem::path& script,
                                     const std::vector<JobPlace>& places,
                                     std::chrono::milliseconds limit = std::chrono::minutes(2));

}  // namespace attempt::cli
