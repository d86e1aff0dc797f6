#pragma once

#include <string>
#include <vector>

namespace attempt::schedule {

/// UUIDs of the GPUs that this process may use (CUDA_VISIBLE_DEVICES respected), found through
/// NVML without starting CUDA; empty without a driver.
std::vector<std::string> visible_gpus();

/// A rank's part of its host's devices; all of them when there are fewer devices than ranks, as
/// the launcher may have given each rank its own.
std::vector<std::string> devices_of_rank(const std::vector<std::string>& visible, int local_rank,
                                         int local_size);

}  // namespace attempt::schedule
