#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "model/shapes/safetensors_bytes.h"

namespace attempt::model {

/// A safetensors file whose values are read as tensors.
class SafetensorsFile : public SafetensorsBytes {
 public:
  using SafetensorsBytes::SafetensorsBytes;

  /// A copy of one tensor on the CPU in its stored type.
  /// @throws ModelError when it is absent.
  at::Tensor tensor(const std::string& name) const;
};

}  // namespace attempt::model
