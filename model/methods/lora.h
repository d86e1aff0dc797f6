#pragma once

#include "model/attach.h"
#include "model/methods/frozen_backbone_method.h"

namespace attempt::model {

/// LoRA (Hu et al. 2022, arXiv:2106.09685): y = W x + (alpha / rank) B A x on the maps that
/// `lora_targets` names, q and v of every attention by default; methods.md section 4.4.
class Lora final : public FrozenBackboneMethod {
 public:
  explicit Lora(const MethodInputs& inputs);

 private:
  void prepare(const Batch& batch, Dropout& dropout) override;

  LoraBranch branch_;
  TensorMap trained_;
};

}  // namespace attempt::model
