#pragma once

#include <vector>

#include "model/method.h"

namespace attempt::train {

/// Drops all gradients.
void clear_gradients(const std::vector<model::TrainedParameter>& parameters);

/// Multiplies all gradients by a number, e.g. 1 / tokens of the whole batch.
void scale_gradients(const std::vector<model::TrainedParameter>& parameters, double factor);

/// L2 norm over the gradients of all parameters together.
double gradient_norm(const std::vector<model::TrainedParameter>& parameters);

/// min(1, max_norm / (norm + 1e-6)), as torch's clip_grad_norm_.
double clip_factor(double norm, double max_norm);

/// L2 norm over all parameters together.
double parameter_norm(const std::vector<model::TrainedParameter>& parameters);

}  // namespace attempt::train
