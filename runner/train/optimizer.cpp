#include "runner/train/optimizer.h"

#include <c10/core/GradMode.h>

#include <stdexcept>

namespace attempt::train {

void Optimizer::restore(std::int64_t step_count, const std::vector<model::NamedTensor>& slots) {
  const c10::NoGradGuard no_grad;
  const std::vector<model::NamedTensor> own = state();
  if (own.size() != slots.size()) {
    throw std::invalid_argument("the optimiser state has another number of tensors");
  }
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i].name != slots[i].name || own[i].value.sizes() != slots[i].value.sizes()) {
      throw std::invalid_argument("the optimiser state has '" + slots[i].name + "' in place of '" +
                                  own[i].name + "' (or another shape)");
    }
  }
  for (std::size_t i = 0; i < own.size(); ++i) own[i].value.copy_(slots[i].value);
  step_count_ = step_count;
}

}  // namespace attempt::train
