#include "model/methods/fine_tuning.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "model/generate.h"
#include "model/loss.h"
#include "model/shapes/method_shapes.h"

namespace attempt::model {

FineTuning::FineTuning(const MethodInputs& inputs)
    : config_(inputs.backbone->config), type_(inputs.backbone->type) {
  for (const TensorShape& shape : backbone_shapes(config_)) {
    const at::Tensor master = inputs.backbone->tensors.at(shape.name)
                                  .detach()
                                  .to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
    // T5's RMS vectors are not nn.LayerNorm and do decay; methods.md section 2.
    const bool is_bias = shape.name.find("bias") != std::string::npos;
    parameters_.push_back(
        {shape.name, master.set_requires_grad(true), ParameterGroup::kMain, is_bias});
  }
}

T5 FineTuning::current() const {
  TensorMap tensors;
  for (const TrainedParameter& parameter : parameters_) {
    tensors[parameter.name] = parameter.value.to(type_);
  }
  T5 t5 = make_t5(config_, std::move(tensors), Packing::kSeparate);
  t5.buckets = buckets_;
  return t5;
}

LossSum FineTuning::loss(const Batch& batch, Dropout& dropout) {
  const T5 t5 = current();
  const Encoded encoded = encode(t5, embed(t5, batch.input_ids), batch.attention_mask, dropout);
  return label_loss(t5, encoded, batch.labels, dropout, batch.loss_rule, batch.label_tokens);
}

Prediction FineTuning::predict(const Batch& batch, std::int64_t max_new_tokens) {
  const c10::NoGradGuard guard;
  Dropout none;
  const T5 t5 = current();
  const Encoded encoded = encode(t5, embed(t5, batch.input_ids), batch.attention_mask, none);
  return model::predict(t5, encoded, batch, max_new_tokens);
}

std::vector<NamedTensor> FineTuning::saved_tensors() const {
  std::vector<NamedTensor> saved;
  for (const TrainedParameter& parameter : parameters_) {
    saved.push_back({parameter.name, parameter.value.detach()});
  }
  return saved;
}

}  // namespace attempt::model
