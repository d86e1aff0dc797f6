#pragma once

#include "model/methods/input_prompt.h"

namespace attempt::model {

/// ATTEMPT (Asai et al. 2022, arXiv:2205.11961): every example gets a mixture of frozen source
/// prompts and a trained target prompt, weighted by a small network G of the input embeddings;
/// methods.md section 6.2.
class Attempt final : public InputPromptMethod {
 public:
  explicit Attempt(const MethodInputs& inputs);

  SourceAttention attention(const Batch& batch) override;

 private:
  at::Tensor prompt_rows(const at::Tensor& embeddings, const Batch& batch) override;

  /// G(E[x]): [B, D] float32.
  at::Tensor queries(const at::Tensor& embeddings, const Batch& batch) const;
  /// Attention over the prompts that are mixed: [B, K + 1], or [B, K] without the target.
  at::Tensor weights(const at::Tensor& embeddings, const Batch& batch,
                     const at::Tensor& prompts) const;
  /// Sources, and the target last unless it is left out of the sum: [K(+1), P, D].
  at::Tensor mixed_prompts() const;
  bool mixes_target() const;
  /// The temperature that gives the source scores a standard deviation of 0.4 under the initial G.
  double calibrated_temperature(const std::vector<Batch>& rows) const;

  MethodOptions options_;
  double temperature_;
  at::Tensor sources_;  ///< [K, P, D]
  at::Tensor target_;   ///< [P, D]; undefined for TargetUse::kNone
  at::Tensor w_down_, w_up_, ln_weight_, ln_bias_;
};

}  // namespace attempt::model
