#pragma once

#include "model/methods/frozen_backbone_method.h"

namespace attempt::model {

/// BitFit (Ben Zaken et al. 2022, arXiv:2106.10199) on T5, which has no biases: zero-initialised
/// ones are added as in Karimi Mahabadi et al. 2021 (arXiv:2106.04647); methods.md section 4.2.
/// With `norm_scales_only` trains T5's own RMS vectors instead. With `fold` a norm's bias beta is
/// saved in those of the maps that it feeds, b + W beta.
class BitFit final : public FrozenBackboneMethod {
 public:
  explicit BitFit(const MethodInputs& inputs);

  std::vector<NamedTensor> saved_tensors() const override;

 private:
  bool fold_;
};

}  // namespace attempt::model
