#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "model/batch.h"
#include "model/safetensors.h"
#include "model/t5.h"

namespace attempt::test {

// Tolerances of float32 on a CPU against float32 or float64 references (tests/goldens/README.md).
inline constexpr double kLossRtol = 2e-5;
inline constexpr double kStateAtol = 1e-4;  // times max(1, largest magnitude)
inline constexpr double kAttentionAtol = 2e-5;
inline constexpr double kGradientAtol = 5e-4;  // times the largest magnitude of the tensor

/// Where the goldens are computed: the CPU, or what ATTEMPT_TEST_DEVICE names, e.g. "cuda:0"
/// (tests/gpu/CMakeLists.txt).
at::Device test_device();

/// A file of golden values, which are read onto test_device().
class GoldenFile : public model::SafetensorsFile {
 public:
  using model::SafetensorsFile::SafetensorsFile;
  at::Tensor tensor(const std::string& name) const;
};

/// A golden .safetensors file below tests/goldens, e.g. "backbone/t5_v1_0".
GoldenFile golden_tensors(const std::string& name);
nlohmann::json golden_json(const std::string& name);

/// A backbone below tests/goldens, in float32.
std::unique_ptr<model::T5> golden_backbone(const std::string& name);

/// PREFIX.input_ids, PREFIX.attention_mask, PREFIX.labels of a golden file.
model::Batch golden_batch(const GoldenFile& file, const std::string& prefix);

/// Largest absolute difference.
double max_difference(const at::Tensor& a, const at::Tensor& b);
double max_magnitude(const at::Tensor& a);

}  // namespace attempt::test
