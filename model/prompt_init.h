#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/method.h"
#include "model/t5.h"

namespace attempt::model {

/// Start value of a prompt that is trained: a copy of a source prompt where `start_source` names
/// one, else what `init` says (methods.md section 5.1). [P, D] float32 on the backbone's device.
/// @throws ModelError for a source or file prompt of another shape or with NaN, naming it.
at::Tensor initial_prompt(const MethodInputs& inputs);

/// A source prompt by name, checked: shape [P, D], finite. On the backbone's device, float32.
at::Tensor source_prompt(const MethodInputs& inputs, const std::string& name);

/// Values from N(0, std^2) of a stream of their own. float32 on the backbone's device.
at::Tensor normal_tensor(const MethodInputs& inputs, const std::string& name,
                         std::vector<std::int64_t> shape, double std);

}  // namespace attempt::model
