#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/method.h"

namespace attempt::train {

/// Drops all gradients.
void clear_gradients(const std::vector<model::TrainedParameter>& parameters);

/// Multiplies all gradients by a number, e.g. 1 / tokens of the whole batch.
void scale_gradients(const std::vector<model::TrainedParameter>& parameters, double factor);

/// L2 norm of each gradient, [n] float32 where they are.
at::Tensor gradient_norms(const std::vector<model::TrainedParameter>& parameters);

/// L2 norm of all together: a scalar where the norms are.
at::Tensor norm_of_norms(const at::Tensor& norms);

/// Multiplies all gradients by min(1, max_norm / (norm + 1e-6)), as torch's clip_grad_norm_.
/// @param norm  of all gradients together; nothing waits for its value
void clip_gradients(const std::vector<model::TrainedParameter>& parameters, const at::Tensor& norm,
                    double max_norm);

/// L2 norm over all parameters together.
double parameter_norm(const std::vector<model::TrainedParameter>& parameters);

}  // namespace attempt::train
