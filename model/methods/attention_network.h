#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "model/method.h"
#include "model/weights.h"

namespace attempt::model {

/// ATTEMPT's attention over prompts: queries from the input by the small network G, keys from the
/// prompts, a softmax over the prompts; methods.md sections 6.2 and 7.1. Everything in float32.
class AttentionNetwork {
 public:
  /// Registers a trained tensor of G.
  using Register = std::function<at::Tensor(const std::string& name, const at::Tensor& value,
                                            bool is_norm_or_bias)>;
  AttentionNetwork() = default;
  AttentionNetwork(const MethodInputs& inputs, const Register& add);

  /// What G makes of an input. @param rows [B, S, D]; @param mask [B, S]. @return [B, D]
  at::Tensor queries(const at::Tensor& rows, const at::Tensor& mask) const;

  /// @param queries  [B, D]
  /// @param sources  [K, P, D]
  /// @param target   [1, P, D] or [B, P, D]; undefined where it is not mixed
  /// @param excluded [B, K (+ 1)] bool, true: the row does not attend to it; or undefined
  /// @return [B, K (+ 1)]; for token attention [B, K (+ 1), P]
  at::Tensor weights(const at::Tensor& queries, const at::Tensor& sources, const at::Tensor& target,
                     const at::Tensor& excluded = {}) const;

  /// Sets the temperature that gives the scores of the sources a standard deviation of 0.4.
  /// @param queries [N, D]. @throws ModelError when the sources cannot be told apart.
  void calibrate(const at::Tensor& queries, const at::Tensor& sources);

  /// Sets the gain of the LayerNorm to 1 and its bias to 0, where there is one.
  void freshen_layer_norm();

  /// What scores are divided by; NaN where there are none.
  double temperature() const;

 private:
  /// Scores over the temperature.
  at::Tensor scaled_scores(const at::Tensor& queries, const at::Tensor& sources,
                           const at::Tensor& target) const;
  at::Tensor scores(const at::Tensor& queries, const at::Tensor& sources,
                    const at::Tensor& target) const;
  /// Keys that have attended to one another. @param keys [1 or B, K, D]
  at::Tensor related(const at::Tensor& keys) const;

  MethodOptions options_;
  double temperature_ = 0;
  at::Tensor theta_;
  at::Tensor w_down_, w_up_, w_a_, ln_weight_, ln_bias_;
  at::Tensor w_q_, w_k_, w_v_, w_o_;
};

}  // namespace attempt::model
