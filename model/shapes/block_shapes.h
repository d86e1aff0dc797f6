#pragma once

#include "model/shapes/method_shapes.h"

namespace attempt::model {

// Tensors of the methods that change what happens inside T5's blocks; methods.md section 4 and 5.2.

std::vector<TensorShape> bitfit_shapes(const MethodOptions& options, const T5Config& config);
std::vector<TensorShape> adapter_shapes(const MethodOptions& options, const T5Config& config);
std::vector<TensorShape> lora_shapes(const MethodOptions& options, const T5Config& config);
std::vector<TensorShape> ia3_shapes(const MethodOptions& options, const T5Config& config);

std::vector<TensorShape> hyperformer_shapes(const MethodOptions& options, const T5Config& config);

/// Trained tensors of prefix_tuning and p_tuning_v2.
std::vector<TensorShape> prefix_shapes(const MethodOptions& options, const T5Config& config);

}  // namespace attempt::model
