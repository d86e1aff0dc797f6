#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/method.h"

namespace attempt::train {

/// A trained tensor with what the update of its group needs.
struct OptimizedParameter {
  std::string name;
  at::Tensor value;          ///< leaf, float32; its .grad() is read
  double learning_rate = 0;  ///< before the schedule's factor
  double weight_decay = 0;
  bool is_updated_by_row = false;  ///< model::TrainedParameter; AdamW only
};

/// Updates trained tensors in place. The state is float32 tensors and one counter, so that it can
/// be saved and put back bit for bit.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One update from the gradients at hand. A parameter without a gradient is left as it is.
  /// @param factor  of the schedule, on every learning rate
  virtual void step(double factor) = 0;

  /// Slots named "<parameter>.<slot>", in a fixed order. Shares storage with the optimiser.
  virtual std::vector<model::NamedTensor> state() const = 0;

  std::int64_t step_count() const { return step_count_; }

  /// Puts back what state() and step_count() gave.
  /// @throws std::invalid_argument when names or shapes differ.
  void restore(std::int64_t step_count, const std::vector<model::NamedTensor>& slots);

 protected:
  std::int64_t step_count_ = 0;  ///< updates done
};

}  // namespace attempt::train
