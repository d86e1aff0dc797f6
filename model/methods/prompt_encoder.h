#pragma once

#include <ATen/core/Tensor.h>

#include "model/method.h"
#include "model/shapes/method_shapes.h"
#include "model/weights.h"

namespace attempt::model {

/// The network a trained prompt goes through: an MLP, or a BiLSTM over the rows and an MLP
/// (P-Tuning, methods.md section 5.3; residual target encoders, section 7.3). float32.
class PromptEncoder {
 public:
  PromptEncoder() = default;  ///< none

  /// @param weights  "encoder.mlp.<i>.{weight,bias}", "encoder.lstm.*"
  PromptEncoder(const TensorMap& weights, bool has_lstm);

  bool is_there() const { return !linear_.empty(); }

  /// @param rows [P, D]. @return [P, D]
  at::Tensor operator()(const at::Tensor& rows) const;

 private:
  std::vector<at::Tensor> lstm_;                           ///< in the order of at::lstm
  std::vector<std::pair<at::Tensor, at::Tensor>> linear_;  ///< weight, bias; relu between
};

/// Start of a tensor of an encoder: PyTorch's defaults, U(+-1 / sqrt(fan in)), for an LSTM of the
/// given width U(+-1 / sqrt(width)).
at::Tensor initial_encoder_tensor(const MethodInputs& inputs, const TensorShape& shape,
                                  const std::vector<TensorShape>& all);

}  // namespace attempt::model
