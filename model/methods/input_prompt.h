#pragma once

#include <cstdint>

#include "model/encoder.h"
#include "model/method.h"
#include "model/t5.h"

namespace attempt::model {

/// Base of every method that puts prompt rows in front of a frozen T5's input embeddings.
class InputPromptMethod : public Method {
 public:
  explicit InputPromptMethod(const T5& backbone) : t5_(backbone) {}

  const std::vector<TrainedParameter>& parameters() const final { return parameters_; }
  LossSum loss(const Batch& batch, Dropout& dropout) final;
  Prediction predict(const Batch& batch, std::int64_t max_new_tokens) final;
  SourceAttention attention(const Batch& batch) override;
  std::vector<NamedTensor> saved_tensors() const override;

 protected:
  /// Prompt rows of a batch: [P, D] for all rows alike, or [B, P, D]; float32.
  /// @param embeddings  [B, S, D] input embeddings, undropped. @param mask [B, S] bool
  virtual at::Tensor prompt_rows(const at::Tensor& embeddings, const Batch& batch) = 0;

  /// Registers a trained tensor: a float32 leaf that requires a gradient.
  at::Tensor add_parameter(const std::string& name, const at::Tensor& value, ParameterGroup group,
                           bool is_norm_or_bias = false);

  const T5& t5_;

 private:
  Encoded encode_prompted(const Batch& batch, Dropout& dropout);

  std::vector<TrainedParameter> parameters_;
};

}  // namespace attempt::model
