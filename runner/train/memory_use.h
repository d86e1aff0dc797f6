#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace attempt::train {

/// Starts a new measurement of peak memory, where the system allows it.
void reset_peak_memory(const at::Device& device);

/// Highest use since the last reset in bytes: resident memory of the process on the CPU, allocated
/// memory of the device on a GPU.
std::int64_t peak_memory_bytes(const at::Device& device);

}  // namespace attempt::train
