#pragma once

#include "model/methods/frozen_backbone_method.h"
#include "model/methods/prompt_encoder.h"

namespace attempt::model {

/// Group, tensors and start of a residual prompt encoder, T = R + f(R): its last linear map is
/// zero, so that T is R at first; methods.md section 7.3.
at::Tensor initial_residual_tensor(const MethodInputs& inputs, const TensorShape& shape,
                                   const std::vector<TensorShape>& all);

/// R + f(R), or R without an encoder. @param rows [P, D]
at::Tensor through_residual(const PromptEncoder& encoder, const at::Tensor& rows);

}  // namespace attempt::model
