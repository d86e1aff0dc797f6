#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attempt::cli {

/// What is true of every job of a cluster: slurm/site.toml explains each.
struct SlurmSite {
  std::vector<std::string> setup;
  std::vector<std::string> options;
  std::string partition;
  std::string account;
  std::string qos;
  std::string constraint;
  std::string gpu_option = "gpus-per-node";
  std::string launcher = "mpirun";
  std::string stage;  ///< a folder, or "$NAME" for one that a variable of the job names
};

/// @param file  a site file; "": slurm.toml of the user's config folder for attempt, else the
///              project's slurm/site.toml, else the defaults.
/// @throws ConfigError
SlurmSite read_slurm_site(const std::filesystem::path& file);

}  // namespace attempt::cli
