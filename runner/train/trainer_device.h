#pragma once

#include <ATen/core/Tensor.h>

namespace attempt::train {

/// The one device a trainer works on: the first visible GPU, else the CPU.
at::Device trainer_device();

/// Makes kernels deterministic: what exact resume rests on. Call before the first kernel.
void use_deterministic_kernels(const at::Device& device);

}  // namespace attempt::train
