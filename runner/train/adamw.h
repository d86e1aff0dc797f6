#pragma once

#include "runner/train/optimizer.h"

namespace attempt::train {

/// How AdamW treats eps and decay; methods.md section 2.
enum class AdamWForm {
  kTorch,  ///< p <- p (1 - lr wd), then p <- p - lr m^ / (sqrt(v^) + eps)
  kHf46    ///< transformers 4.6.0: eps is not bias-corrected, decay acts on the updated value
};

struct AdamWOptions {
  AdamWForm form = AdamWForm::kTorch;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
};

/// Source: Loshchilov and Hutter 2019 (arXiv:1711.05101). Of a parameter that is updated by row, a
/// row without gradient keeps value and moments, and has a step count of its own; methods.md
/// section 6.3.
class AdamW final : public Optimizer {
 public:
  AdamW(std::vector<OptimizedParameter> parameters, const AdamWOptions& options);

  void step(double factor) override;
  std::vector<model::NamedTensor> state() const override;

 private:
  /// Tensors, or rows of them, with their gradients and moments.
  struct Slots {
    std::vector<at::Tensor> value, gradient, first_moment, second_moment;
  };
  /// @param step  updates of these slots, this one included
  void update(const Slots& slots, double rate, double weight_decay, double step) const;

  std::vector<OptimizedParameter> parameters_;
  AdamWOptions options_;
  std::vector<at::Tensor> first_moments_;
  std::vector<at::Tensor> second_moments_;
  std::vector<at::Tensor> row_steps_;  ///< [n] updates of each row, where updated by row
};

}  // namespace attempt::train
