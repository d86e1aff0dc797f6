#pragma once

#include "model/methods/attention_network.h"
#include "model/methods/frozen_backbone_method.h"
#include "model/methods/prompt_encoder.h"

namespace attempt::model {

/// ATTEMPT (Asai et al. 2022, arXiv:2205.11961): every example gets a mixture of source prompts and
/// a trained target prompt, weighted by a small network G of the input embeddings; methods.md
/// section 6.2, its variants 7.1 to 7.3, several tasks with a target prompt each 6.3.
class Attempt final : public FrozenBackboneMethod {
 public:
  explicit Attempt(const MethodInputs& inputs);

  SourceAttention attention(const Batch& batch) override;
  void freshen_layer_norm() override { network_.freshen_layer_norm(); }
  /// parameters(), the target prompts as their encoder makes them and without it.
  std::vector<NamedTensor> saved_tensors() const override;

 private:
  at::Tensor prompt_rows(const at::Tensor& embeddings, const Batch& batch) override;
  LayerInputChange layer_input_change(const Batch& batch) override;

  /// Sources, target prompts and their encoder.
  void add_prompts(const MethodInputs& inputs);
  void calibrate(const MethodInputs& inputs);

  bool is_multi_task() const { return !options_.tasks.empty(); }
  bool mixes_target() const;
  bool adds_target() const;

  /// The trained target prompts behind their encoder, in the shape in which they are trained.
  at::Tensor targets() const;
  /// Target prompts of the rows of a batch at an encoder layer: [1, P, D] or [B, P, D]; undefined
  /// for TargetUse::kNone.
  at::Tensor target_rows(const Batch& batch, std::int64_t layer) const;
  /// The source prompt of each row's own task, [B, K (+ 1)] bool; undefined where it may be
  /// attended to.
  at::Tensor own_source(const Batch& batch) const;
  /// [K, P, D]
  at::Tensor sources_at(std::int64_t layer) const;
  /// Attention over the prompts that are mixed. @param rows [B, S, D] what G looks at
  at::Tensor weights(const at::Tensor& rows, const Batch& batch, std::int64_t layer) const;
  /// Instance prompts [B, P, D].
  at::Tensor mixture(const at::Tensor& weights, const Batch& batch, std::int64_t layer) const;
  /// Instance prompts of a deeper layer. @param x [B, P + S, D] residual stream
  at::Tensor deep_rows(std::int64_t layer, const at::Tensor& x, const Batch& batch) const;

  MethodOptions options_;
  at::Tensor sources_;  ///< [K, P, D]; deep prompts [K, L, P, D]
  at::Tensor target_;   ///< [P, D]; deep [L, P, D]; several tasks [n, ...]; or undefined
  PromptEncoder encoder_;
  AttentionNetwork network_;
  at::Tensor own_sources_;  ///< own_source() of every task, [n, K (+ 1)]
  at::Tensor gains_;        ///< [L], DeepKind::kGains
  at::Tensor weights_;      ///< of the pass that is under way, for its deeper layers
  at::Tensor first_;        ///< instance prompts of its first layer
};

}  // namespace attempt::model
