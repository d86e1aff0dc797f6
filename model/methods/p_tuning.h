#pragma once

#include "model/methods/frozen_backbone_method.h"
#include "model/methods/prompt_encoder.h"

namespace attempt::model {

/// P-Tuning (Liu et al. 2021, arXiv:2103.10385): input rows made by a BiLSTM and an MLP, or an MLP,
/// from a trained embedding; methods.md section 5.3.
class PTuning final : public FrozenBackboneMethod {
 public:
  explicit PTuning(const MethodInputs& inputs);

  /// `prompt` [P, D]: the network's output; the network is dropped.
  std::vector<NamedTensor> saved_tensors() const override;

 private:
  at::Tensor prompt_rows(const at::Tensor& embeddings, const Batch& batch) override;

  at::Tensor embedding_;
  PromptEncoder encoder_;
};

}  // namespace attempt::model
