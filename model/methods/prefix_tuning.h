#pragma once

#include "model/methods/class_head.h"
#include "model/methods/frozen_backbone_method.h"

namespace attempt::model {

/// Prefix Tuning (Li and Liang 2021, arXiv:2101.00190; methods.md section 5.2) and P-Tuning v2 (Liu
/// et al. 2022, arXiv:2110.07602; section 5.4): trained keys and values in front of those of the
/// attentions. Prefix Tuning makes them from an embedding by an MLP that is folded away on save;
/// P-Tuning v2 may classify the first decoder state instead of generating.
class PrefixTuning final : public FrozenBackboneMethod {
 public:
  explicit PrefixTuning(const MethodInputs& inputs);

  LossSum loss(const Batch& batch, Dropout& dropout) override;
  bool can_be_captured() const override {
    return options_.prefix_layout == PrefixLayout::kFull && !head_.is_there();
  }
  Prediction predict(const Batch& batch, std::int64_t max_new_tokens) override;

  /// `prefix.<site>` [Q, L, 2, I], and the head.
  std::vector<NamedTensor> saved_tensors() const override;

 private:
  void prepare(const Batch& batch, Dropout& dropout) override;

  /// The prefixes of a site, [Q, L, 2, I].
  at::Tensor table(const std::string& site) const;
  /// Output of the reparametrisation named `name`, or the trained tensor itself.
  at::Tensor flat(const std::string& name) const;
  void place(const std::string& site, const at::Tensor& table);
  /// First decoder state of every row, [B, D].
  at::Tensor first_state(const Batch& batch, Dropout& dropout);

  MethodOptions options_;
  TensorMap trained_;
  ClassHead head_;
};

}  // namespace attempt::model
