#include "model/methods/input_prompt.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "model/generate.h"
#include "model/loss.h"

namespace attempt::model {

Encoded InputPromptMethod::encode_prompted(const Batch& batch, Dropout& dropout) {
  const at::Tensor embeddings = embed(t5_, batch.input_ids);
  at::Tensor prompt = prompt_rows(embeddings, batch).to(t5_.type);
  const std::int64_t rows = embeddings.size(0);
  if (prompt.dim() == 2) prompt = prompt.unsqueeze(0).expand({rows, -1, -1});
  const at::Tensor prompt_mask = at::ones({rows, prompt.size(1)}, batch.attention_mask.options());
  return encode(t5_, at::cat({prompt, embeddings}, 1),
                at::cat({prompt_mask, batch.attention_mask}, 1), dropout);
}

LossSum InputPromptMethod::loss(const Batch& batch, Dropout& dropout) {
  return label_loss(t5_, encode_prompted(batch, dropout), batch.labels, dropout);
}

Prediction InputPromptMethod::predict(const Batch& batch, std::int64_t max_new_tokens) {
  const c10::NoGradGuard guard;
  Dropout none;
  return model::predict(t5_, encode_prompted(batch, none), batch.labels, max_new_tokens);
}

SourceAttention InputPromptMethod::attention(const Batch&) { return {}; }

std::vector<NamedTensor> InputPromptMethod::saved_tensors() const {
  std::vector<NamedTensor> saved;
  for (const TrainedParameter& parameter : parameters_) {
    saved.push_back({parameter.name, parameter.value.detach()});
  }
  return saved;
}

at::Tensor InputPromptMethod::add_parameter(const std::string& name, const at::Tensor& value,
                                            ParameterGroup group, bool is_norm_or_bias) {
  const at::Tensor leaf = value.detach().clone().set_requires_grad(true);
  parameters_.push_back({name, leaf, group, is_norm_or_bias});
  return leaf;
}

}  // namespace attempt::model
