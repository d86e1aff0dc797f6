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

/// Start of prompts for every encoder layer, [L, P, D]: a deep source prompt where `start_source`
/// names one, else a draw of its own for each layer.
at::Tensor initial_deep_prompts(const MethodInputs& inputs);

/// A source prompt by name, checked: shape [P, D] ([L, P, D] for deep
/// methods), finite. On the backbone's device, float32.
at::Tensor source_prompt(const MethodInputs& inputs, const std::string& name);

/// Values from N(0, std^2) of a stream of their own. float32 on the backbone's device.
at::Tensor normal_tensor(const MethodInputs& inputs, const std::string& name,
                         std::vector<std::int64_t> shape, double std);

/// Values from U(-bound, bound) of a stream of their own. float32 on the backbone's device.
at::Tensor uniform_tensor(const MethodInputs& inputs, const std::string& name,
                          std::vector<std::int64_t> shape, double bound);

}  // namespace attempt::model
