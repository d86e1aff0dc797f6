#include "model/methods/frozen.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "model/generate.h"
#include "model/loss.h"

namespace attempt::model {

LossSum Frozen::loss(const Batch& batch, Dropout& dropout) {
  const Encoded encoded = encode(t5_, embed(t5_, batch.input_ids), batch.attention_mask, dropout);
  return label_loss(t5_, encoded, batch.labels, dropout);
}

Prediction Frozen::predict(const Batch& batch, std::int64_t max_new_tokens) {
  const c10::NoGradGuard guard;
  Dropout none;
  const Encoded encoded = encode(t5_, embed(t5_, batch.input_ids), batch.attention_mask, none);
  return model::predict(t5_, encoded, batch.labels, max_new_tokens);
}

}  // namespace attempt::model
