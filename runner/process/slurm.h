#pragma once

#include <optional>
#include <string>
#include <vector>

namespace attempt::process {

/// A Slurm time: "90" (minutes), "90:00", "1:30:00", "2-12", "2-12:30" or "2-12:30:00"; seconds.
/// Nothing for any other text ("UNLIMITED", "INVALID").
std::optional<double> slurm_seconds(const std::string& text);

/// Seconds until this job's time is over: by squeue, which knows of later changes, else by
/// SLURM_JOB_END_TIME. Infinity without a limit; nothing outside a job, and when Slurm does not
/// answer. May take seconds.
std::optional<double> slurm_seconds_left();

struct SlurmJob {
  std::string id;
  std::string state;   ///< "RUNNING", "PENDING", ...; "" when Slurm does not know it any more
  std::string reason;  ///< why it waits
  std::string left;    ///< of its time, as Slurm writes it
};

/// State of jobs by squeue, and by sacct for those that have left the queue: one call of each.
std::vector<SlurmJob> slurm_jobs(const std::vector<std::string>& ids);

}  // namespace attempt::process
