#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runner/cli/slurm_site.h"

namespace attempt::cli {

/// What a job asks of Slurm and runs.
struct JobRequest {
  std::string name;
  std::string time;  ///< as Slurm writes times
  std::int64_t nodes = 1;
  std::string gpus_per_node;  ///< "4", "a100:4"; "" for none
  std::int64_t ranks_per_node = 1;
  std::int64_t cpus_per_rank = 0;  ///< 0: the site's default
  std::string memory;              ///< --mem; "" for the site's default
  std::int64_t grace_seconds = 120;
  std::int64_t max_slices = 100;
  bool is_joined = false;            ///< one of several jobs that share the study
  std::vector<std::string> options;  ///< more options of sbatch, as the user wrote them
  std::filesystem::path study;
  std::filesystem::path sweep;
  std::vector<std::string> set;
};

/// The batch script: slurm/job.sh.in filled in.
/// @throws UsageError for a value that cannot stand in an #SBATCH line.
std::string job_script(const JobRequest& request, const SlurmSite& site);

/// One word for bash, quoted where it has to be.
std::string shell_word(const std::string& text);

}  // namespace attempt::cli
