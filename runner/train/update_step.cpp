#include "runner/train/update_step.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>

#include "runner/train/gradients.h"

namespace attempt::train {

UpdateResult update_step(model::Method& method, Optimizer& optimizer, model::Dropout& dropout,
                         std::span<const model::Batch> micro_batches,
                         const UpdateOptions& options) {
  const std::vector<model::TrainedParameter>& parameters = method.parameters();
  clear_gradients(parameters);
  double nll = 0;
  std::int64_t tokens = 0;
  for (const model::Batch& batch : micro_batches) {
    const model::LossSum loss = method.loss(batch, dropout);
    loss.nll.backward();
    nll += loss.nll.item<double>();
    tokens += loss.tokens;
  }
  const double divisor = static_cast<double>(std::max<std::int64_t>(1, tokens));
  scale_gradients(parameters, 1 / divisor);
  const UpdateResult result{nll / divisor, gradient_norm(parameters)};
  if (!std::isfinite(result.loss) || !std::isfinite(result.gradient_norm)) return result;
  if (options.gradient_clip > 0) {
    const double factor = clip_factor(result.gradient_norm, options.gradient_clip);
    if (factor < 1) scale_gradients(parameters, factor);
  }
  optimizer.step(options.learning_rate_factor);
  clear_gradients(parameters);
  return result;
}

}  // namespace attempt::train
