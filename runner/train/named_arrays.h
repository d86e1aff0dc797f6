#pragma once

#include <vector>

#include "model/method.h"
#include "results/trial_record.h"

namespace attempt::train {

/// Copies of tensors as plain float32 arrays, in their order.
std::vector<results::NamedArray> to_arrays(const std::vector<model::NamedTensor>& tensors);
std::vector<results::NamedArray> to_arrays(const std::vector<model::TrainedParameter>& parameters);

/// Copies of arrays as float32 tensors on the CPU.
std::vector<model::NamedTensor> to_tensors(const std::vector<results::NamedArray>& arrays);

}  // namespace attempt::train
