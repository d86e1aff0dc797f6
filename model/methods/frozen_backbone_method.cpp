#include "model/methods/frozen_backbone_method.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "model/generate.h"
#include "model/loss.h"

namespace attempt::model {

Encoded FrozenBackboneMethod::encode_batch(const Batch& batch, Dropout& dropout) {
  prepare(batch, dropout);
  const at::Tensor embeddings = embed(t5_, batch.input_ids);
  at::Tensor prompt = prompt_rows(embeddings, batch);
  if (!prompt.defined()) return encode(t5_, embeddings, batch.attention_mask, dropout);
  prompt = prompt.to(t5_.type);
  const std::int64_t rows = embeddings.size(0);
  if (prompt.dim() == 2) prompt = prompt.unsqueeze(0).expand({rows, -1, -1});
  const at::Tensor prompt_mask = at::ones({rows, prompt.size(1)}, batch.attention_mask.options());
  const at::Tensor mask = at::cat({prompt_mask, batch.attention_mask}, 1);
  return encode(t5_, places_.arrange(prompt, embeddings, batch), mask, dropout,
                layer_input_change(batch));
}

LossSum FrozenBackboneMethod::loss(const Batch& batch, Dropout& dropout) {
  return label_loss(t5_, encode_batch(batch, dropout), batch.labels, dropout, batch.loss_rule,
                    batch.label_tokens);
}

Prediction FrozenBackboneMethod::predict(const Batch& batch, std::int64_t max_new_tokens) {
  const c10::NoGradGuard guard;
  Dropout none;
  return model::predict(t5_, encode_batch(batch, none), batch, max_new_tokens);
}

SourceAttention FrozenBackboneMethod::attention(const Batch&) { return {}; }

at::Tensor FrozenBackboneMethod::prompt_rows(const at::Tensor&, const Batch&) { return {}; }

std::vector<NamedTensor> FrozenBackboneMethod::saved_tensors() const {
  std::vector<NamedTensor> saved;
  for (const TrainedParameter& parameter : parameters_) {
    saved.push_back({parameter.name, parameter.value.detach()});
  }
  return saved;
}

at::Tensor FrozenBackboneMethod::add_parameter(const std::string& name, const at::Tensor& value,
                                               ParameterGroup group, bool is_norm_or_bias,
                                               bool is_updated_by_row) {
  const at::Tensor leaf = value.detach().to(at::kFloat).clone().set_requires_grad(true);
  parameters_.push_back({name, leaf, group, is_norm_or_bias, is_updated_by_row});
  return leaf;
}

void FrozenBackboneMethod::share_parameters(const Method& other) {
  parameters_.insert(parameters_.end(), other.parameters().begin(), other.parameters().end());
}

TensorMap FrozenBackboneMethod::add_parameters(const std::vector<TensorShape>& shapes,
                                               const Initialiser& initial, ParameterGroup group) {
  TensorMap added;
  for (const TensorShape& shape : shapes) {
    const bool is_bias = shape.name.find("bias") != std::string::npos ||
                         shape.name.ends_with(".b1") || shape.name.ends_with(".b2");
    added[shape.name] = add_parameter(shape.name, initial(shape), group, is_bias);
  }
  return added;
}

}  // namespace attempt::model
