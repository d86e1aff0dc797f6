#pragma once

#include <string>
#include <vector>

namespace attempt::schedule {

/// UUIDs of the GPUs that this process may use (CUDA_VISIBLE_DEVICES respected), found through
/// NVML without starting CUDA; empty without a driver.
std::vector<std::string> visible_gpus();

/// Those that CUDA_VISIBLE_DEVICES = `listed` leaves of all GPUs, in its order: indices, UUIDs or
/// their beginnings. A slice of a GPU (MIG-...) is a device of its own. What is not known ends the
/// list, as CUDA does.
std::vector<std::string> listed_gpus(const std::vector<std::string>& all,
                                     const std::string& listed);

/// A rank's part of its host's devices; all of them when there are fewer devices than ranks, as
/// the launcher may have given each rank its own.
std::vector<std::string> devices_of_rank(const std::vector<std::string>& visible, int local_rank,
                                         int local_size);

}  // namespace attempt::schedule
