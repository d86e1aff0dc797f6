#pragma once

#include "model/methods/input_prompt.h"

namespace attempt::model {

/// Prompt Tuning (Lester et al. 2021, arXiv:2104.08691), and SPoT (Vu et al. 2022,
/// arXiv:2110.07904), which differs in its start value alone. Trains `prompt` [P, D].
class PromptTuning final : public InputPromptMethod {
 public:
  explicit PromptTuning(const MethodInputs& inputs);

 private:
  at::Tensor prompt_rows(const at::Tensor& embeddings, const Batch& batch) override;

  at::Tensor prompt_;
};

}  // namespace attempt::model
