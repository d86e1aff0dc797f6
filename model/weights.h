#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

#include "model/shapes/t5_config.h"

namespace attempt::model {

/// Tensors by Hugging Face name.
using TensorMap = std::map<std::string, at::Tensor>;

/// Reads every tensor of backbone_shapes() from model.safetensors, or from the shards that
/// model.safetensors.index.json lists, as float32 or bfloat16 on the CPU. Copies that old files
/// carry (embed_tokens, a tied lm_head, an unused cross-attention bias) are ignored.
/// @throws ModelError for a missing, surplus or mis-shaped tensor, naming file, tensor, expected,
/// found.
TensorMap read_weights(const std::filesystem::path& folder, const T5Config& config,
                       at::ScalarType type);

}  // namespace attempt::model
