#include "model/methods/class_head.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>

#include "model/shapes/model_error.h"

namespace attempt::model {

namespace {

constexpr std::int64_t kIgnored = -100;

/// [rows, length] with kIgnored behind each row. @param ids [rows, N], N <= length
at::Tensor widened(const at::Tensor& ids, std::int64_t length) {
  return at::constant_pad_nd(ids, {0, length - ids.size(1)}, kIgnored);
}

}  // namespace

ClassHead::ClassHead(const at::Tensor& weight, const at::Tensor& bias,
                     const std::vector<std::vector<std::int64_t>>& label_ids, std::int64_t end_id)
    : weight_(weight), bias_(bias) {
  if (static_cast<std::int64_t>(label_ids.size()) != weight.size(0))
    throw std::invalid_argument("a class head needs the ids of as many labels as it has classes");
  std::size_t longest = 0;
  for (const auto& ids : label_ids) longest = std::max(longest, ids.size());
  std::vector<at::Tensor> rows;
  for (std::vector<std::int64_t> ids : label_ids) {
    ids.push_back(end_id);
    rows.push_back(
        widened(at::tensor(ids, at::kLong).unsqueeze(0), static_cast<std::int64_t>(longest) + 1));
  }
  ids_ = at::cat(rows).to(weight.device());
}

at::Tensor ClassHead::logits(const at::Tensor& state) const {
  return at::linear(state.to(at::kFloat), weight_, bias_);
}

LossSum ClassHead::loss(const at::Tensor& state, const at::Tensor& labels) const {
  const std::int64_t length = std::max(labels.size(1), ids_.size(1));
  const at::Tensor is_class =
      widened(labels, length).unsqueeze(1).eq(widened(ids_, length).unsqueeze(0)).all(-1);
  if (!is_class.any(1).all().item<bool>()) {
    throw ModelError("labels",
                     "a target is none of the task's label texts (max_target_length may cut it). "
                     "Use head = \"text\", or a longer max_target_length");
  }
  const at::Tensor classes = is_class.to(at::kLong).argmax(1);
  return {at::cross_entropy_loss(logits(state), classes, {}, at::Reduction::Sum), labels.size(0)};
}

at::Tensor ClassHead::predicted_ids(const at::Tensor& state, std::int64_t pad_id) const {
  const at::Tensor ids = ids_.index_select(0, logits(state).argmax(-1));
  return ids.masked_fill(ids.eq(kIgnored), pad_id);
}

}  // namespace attempt::model
