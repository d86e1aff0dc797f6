#pragma once

#include <cstdint>

#include "model/method.h"
#include "model/t5.h"

namespace attempt::model {

/// Full fine-tuning: every weight of the backbone, on a float32 copy of its own; methods.md
/// section 4.1.
class FineTuning final : public Method {
 public:
  explicit FineTuning(const MethodInputs& inputs);

  const std::vector<TrainedParameter>& parameters() const override { return parameters_; }
  LossSum loss(const Batch& batch, Dropout& dropout) override;
  Prediction predict(const Batch& batch, std::int64_t max_new_tokens) override;
  SourceAttention attention(const Batch&) override { return {}; }
  std::vector<NamedTensor> saved_tensors() const override;

 private:
  /// The T5 on the master weights, cast to the backbone's type inside the graph when it is
  /// bfloat16.
  T5 current() const;

  T5Config config_;
  at::ScalarType type_;
  std::shared_ptr<DistanceBuckets> buckets_ = std::make_shared<DistanceBuckets>();
  std::vector<TrainedParameter> parameters_;
};

}  // namespace attempt::model
