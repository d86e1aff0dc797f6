#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/method.h"
#include "model/shapes/t5_config.h"

namespace attempt::model {

/// Trained tensors that came from elsewhere, under the names of this program.
struct ImportedAdapter {
  std::string format;      ///< what the file is, for people: "PEFT folder, LORA"
  std::string base_model;  ///< name or path of its backbone; "" where the file does not say
  MethodOptions options;   ///< the method and the options under which its tensors work
  std::vector<NamedTensor> tensors;  ///< float32, CPU; names of methods.md section 10
  std::vector<std::string> notes;    ///< what was left out or read in a particular way
};

/// Reads a ready-made prompt (.safetensors, .npy, .pt, .bin) or a PEFT folder for T5 (prompt
/// tuning, P-Tuning, prefix tuning, LoRA, IA3; of a DePT checkpoint its prompt). Untrusted input.
/// @throws ModelError naming file, tensor and reason; also for NaN and infinite values.
ImportedAdapter read_adapter(const std::filesystem::path& path);

/// Requires that a backbone takes these tensors: every one by name and shape.
/// @throws ModelError about `path`, naming the tensor, its shape and the expected one.
void require_fitting(const std::filesystem::path& path, const ImportedAdapter& adapter,
                     const T5Config& config);

/// The first value of a tensor that is NaN or infinite, as "[3, 17] is nan"; "" where all are
/// numbers.
std::string bad_value(const at::Tensor& tensor);

}  // namespace attempt::model
