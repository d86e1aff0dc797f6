#pragma once

#include "runner/train/optimizer.h"

namespace attempt::train {

enum class AdafactorForm {
  kHf,  ///< matrices factored into row and column statistics (transformers.Adafactor)
  kT5x  ///< prompts unfactored, as in google-research/prompt-tuning
};

/// Adafactor without first moment, without parameter scaling and with given rates: clip threshold
/// 1, decay -0.8, eps 1e-30; weights decay before the update.
/// Source: Shazeer and Stern 2018 (arXiv:1804.04235); settings: methods.md section 2.
class Adafactor final : public Optimizer {
 public:
  Adafactor(std::vector<OptimizedParameter> parameters, AdafactorForm form);

  void step(double factor) override;
  std::vector<model::NamedTensor> state() const override;

 private:
  /// Factored: `row` [n], `column` [m] of a matrix [n, m]; otherwise `full` of the value's shape.
  struct Slots {
    at::Tensor row, column, full;
  };

  at::Tensor scaled_update(const at::Tensor& gradient, const Slots& slots, double decay) const;

  std::vector<OptimizedParameter> parameters_;
  std::vector<Slots> slots_;
};

}  // namespace attempt::train
