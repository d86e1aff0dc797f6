#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "model/shapes/t5_config.h"

namespace attempt::model {

/// The backbone: weights by Hugging Face name plus the packed forms the forward pass uses.
/// Contract sketch; model/ may split and extend it.
class T5;

enum class Precision { kFp32, kBf16 };

struct BackboneOptions {
  std::filesystem::path folder;  ///< config.json and model.safetensors (or shards with index)
  Precision precision = Precision::kFp32;
  std::string device = "cpu";  ///< "cpu" or "cuda:0"
};

/// Loads a backbone. @throws ModelError naming file, tensor, expected and found.
std::unique_ptr<T5> load_t5(const BackboneOptions& options);

}  // namespace attempt::model
