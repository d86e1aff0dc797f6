#pragma once

#include "model/shapes/method_shapes.h"

namespace attempt::model {

/// Width of a prompt encoder where `encoder_hidden` is 0: BiLSTM D / 2 a direction; MLP D for
/// P-Tuning and 400 for a residual target encoder.
std::int64_t prompt_encoder_width(const MethodOptions& options, const T5Config& config);

/// Tensors of the network of P-Tuning (methods.md section 5.3) without its embedding.
std::vector<TensorShape> p_tuning_encoder_shapes(const MethodOptions& options,
                                                 const T5Config& config);

/// Tensors of the residual network of a target prompt (section 7.3); none for kNone.
std::vector<TensorShape> residual_encoder_shapes(const MethodOptions& options,
                                                 const T5Config& config);

}  // namespace attempt::model
