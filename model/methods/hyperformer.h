#pragma once

#include <functional>

#include "model/attach.h"
#include "model/methods/frozen_backbone_method.h"

namespace attempt::model {

/// HyperFormer++ (Karimi Mahabadi et al. 2021, arXiv:2106.04489): the adapters of several tasks,
/// made from a trained code of the task, the layer and the position by one generator a stack, and
/// all RMS vectors; methods.md section 4.6. With `fold` the adapters themselves are saved.
class HyperFormer final : public FrozenBackboneMethod {
 public:
  explicit HyperFormer(const MethodInputs& inputs);

  /// The tasks of a batch are counted on the host.
  bool can_be_captured() const override { return false; }

  std::vector<NamedTensor> saved_tensors() const override;

 private:
  void prepare(const Batch& batch, Dropout& dropout) override;

  /// What the generator of a stack makes for some tasks; row t of a tensor is of tasks[t].
  struct Generated {
    at::Tensor down_weight, down_bias;  ///< [n, L, 2, m, D], [n, L, 2, m]
    at::Tensor up_weight, up_bias;      ///< [n, L, 2, D, m], [n, L, 2, D]
    at::Tensor gain, offset;            ///< [n, L, 2, D]
    at::Tensor task_ids;                ///< [B]: index into the tasks

    Adapter adapter(std::int64_t layer, std::int64_t position) const;
  };
  /// @param tasks [n]
  Generated generate(const std::string& stack, const at::Tensor& tasks) const;

  /// The adapters of tasks, by the place of each.
  std::function<Adapter(const AdapterPlace&)> adapters(const at::Tensor& tasks,
                                                       const at::Tensor& task_ids) const;

  std::int64_t width_;  ///< m
  std::vector<std::string> tasks_;
  bool fold_;
  TensorMap trained_;
};

}  // namespace attempt::model
