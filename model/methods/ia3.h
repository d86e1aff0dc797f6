#pragma once

#include "model/methods/frozen_backbone_method.h"

namespace attempt::model {

/// IA3 (Liu et al. 2022, arXiv:2205.05638): vectors that scale keys, values and the input of every
/// feed-forward's wo; methods.md section 4.5.
class Ia3 final : public FrozenBackboneMethod {
 public:
  explicit Ia3(const MethodInputs& inputs);
};

}  // namespace attempt::model
