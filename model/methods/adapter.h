#pragma once

#include "model/methods/frozen_backbone_method.h"

namespace attempt::model {

/// Adapters (Houlsby et al. 2019, arXiv:1902.00751) after self-attention and feed-forward of every
/// layer, and all RMS vectors; methods.md section 4.3. `adapter_drop` leaves the lowest layers
/// without (Rueckle et al. 2021, arXiv:2010.11918). For several tasks every task has a set of its
/// own, and a row of a batch goes through that of its task; the RMS vectors are shared.
class AdapterTuning final : public FrozenBackboneMethod {
 public:
  explicit AdapterTuning(const MethodInputs& inputs);

 private:
  void prepare(const Batch& batch, Dropout& dropout) override;

  std::vector<std::string> tasks_;
  bool is_normed_;  ///< a folded hyperformer
  TensorMap trained_;
};

}  // namespace attempt::model
