#pragma once

#include "model/methods/frozen_backbone_method.h"
#include "model/methods/prompt_encoder.h"

namespace attempt::model {

/// Prompt Tuning (Lester et al. 2021, arXiv:2104.08691), and SPoT (Vu et al. 2022,
/// arXiv:2110.07904), which differs in its start value alone. Trains `prompt` [P, D], through a
/// residual encoder if asked (methods.md section 7.3); the deep form trains `prompts` [L, P, D],
/// which replace the first rows of every encoder layer's input.
class PromptTuning final : public FrozenBackboneMethod {
 public:
  explicit PromptTuning(const MethodInputs& inputs);

  std::vector<NamedTensor> saved_tensors() const override;

 private:
  at::Tensor prompt_rows(const at::Tensor& embeddings, const Batch& batch) override;
  LayerInputChange layer_input_change(const Batch& batch) override;

  bool is_deep_;
  at::Tensor prompt_;  ///< [P, D], or [L, P, D]
  PromptEncoder encoder_;
};

}  // namespace attempt::model
