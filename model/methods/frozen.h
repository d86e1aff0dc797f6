#pragma once

#include "model/methods/frozen_backbone_method.h"

namespace attempt::model {

/// The backbone as it is: the zero row of every table; methods.md section 4.0. Trains nothing.
class Frozen final : public FrozenBackboneMethod {
 public:
  explicit Frozen(const MethodInputs& inputs) : FrozenBackboneMethod(*inputs.backbone) {}
};

}  // namespace attempt::model
