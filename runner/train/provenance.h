#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "runner/sweep/trial_spec.h"

namespace attempt::train {

std::string libtorch_version();

/// "cpu", or the device with its UUIDs as the agent gave them.
std::string device_description(const at::Device& device);

std::string host_name();

/// JSON for the trial file: program version and commit, libraries, host, device, threads, command,
/// what the backbone is ("random backbone" where its config.json says so), and the trial's spec,
/// from which the file alone can be evaluated again.
std::string provenance_json(const at::Device& device, const sweep::TrialSpec& spec,
                            const std::string& run_id, std::int64_t attempt);

}  // namespace attempt::train
