#pragma once

#include <memory>
#include <vector>

#include "model/method.h"
#include "runner/sweep/trial_spec.h"
#include "runner/train/optimizer.h"

namespace attempt::train {

/// The optimiser of a trial: forms, the two rates of the parameter groups and the decay scope as
/// the spec says.
/// @throws std::invalid_argument for an unknown name in the spec.
std::unique_ptr<Optimizer> make_optimizer(const sweep::OptimizerSpec& spec,
                                          const std::vector<model::TrainedParameter>& parameters);

}  // namespace attempt::train
