#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/batch.h"

namespace attempt::model {

/// A linear classifier over a task's label texts, in place of generating them; methods.md section
/// 5.4. What it predicts is the text of a label, so that it is evaluated like every method.
class ClassHead {
 public:
  ClassHead() = default;  ///< none

  /// @param weight [C, D], @param bias [C]
  /// @param label_ids  ids of each label's text, without the end token
  ClassHead(const at::Tensor& weight, const at::Tensor& bias,
            const std::vector<std::vector<std::int64_t>>& label_ids, std::int64_t end_id);

  bool is_there() const { return weight_.defined(); }

  /// Cross-entropy over the classes, summed over the rows; `tokens` is their number.
  /// @param state [B, D] first decoder state; @param labels [B, T]
  /// @throws ModelError when a row's labels are none of the label texts.
  LossSum loss(const at::Tensor& state, const at::Tensor& labels) const;

  /// Ids of the most likely label's text and the end token, padded. @return [B, N]
  at::Tensor predicted_ids(const at::Tensor& state, std::int64_t pad_id) const;

 private:
  at::Tensor logits(const at::Tensor& state) const;

  at::Tensor weight_, bias_;
  at::Tensor ids_;  ///< [C, N] label texts with their end token, padded with -100
};

}  // namespace attempt::model
