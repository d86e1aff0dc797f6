#pragma once

#include <cstdint>

#include "model/method.h"
#include "model/t5.h"

namespace attempt::model {

/// The backbone as it is: the zero row of every table; methods.md section 4.0. Trains nothing.
class Frozen final : public Method {
 public:
  explicit Frozen(const MethodInputs& inputs) : t5_(*inputs.backbone) {}

  const std::vector<TrainedParameter>& parameters() const override { return parameters_; }
  LossSum loss(const Batch& batch, Dropout& dropout) override;
  Prediction predict(const Batch& batch, std::int64_t max_new_tokens) override;
  SourceAttention attention(const Batch&) override { return {}; }
  std::vector<NamedTensor> saved_tensors() const override { return {}; }

 private:
  const T5& t5_;
  std::vector<TrainedParameter> parameters_;
};

}  // namespace attempt::model
