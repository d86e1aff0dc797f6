#include "runner/train/bundle_pass.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "runner/train/gradients.h"

namespace attempt::train {

namespace {

/// Sums of each part's rows.
std::vector<LossTotals> totals_of(const model::LossSum& loss,
                                  std::span<const model::Batch> batches) {
  const at::Tensor nlls = loss.row_nll.to(at::kDouble);
  std::vector<LossTotals> totals;
  std::int64_t row = 0;
  for (const model::Batch& batch : batches) {
    const std::int64_t rows = batch.input_ids.size(0);
    totals.push_back({nlls.narrow(0, row, rows).sum(),
                      batch.loss_rule.is_mean_of_rows ? rows : batch.label_tokens});
    row += rows;
  }
  return totals;
}

}  // namespace

BundlePass::BundlePass(const model::T5& backbone, std::vector<Member> members, const Shape& shape)
    : backbone_(backbone),
      members_(std::move(members)),
      shape_(shape),
      dropout_(members_.front().dropout.rate(), 0, backbone.device) {
  std::vector<model::Method*> methods;
  for (const Member& member : members_) methods.push_back(&member.method);
  method_ = std::make_unique<model::PromptBundle>(backbone, std::move(methods));
}

std::vector<LossTotals> BundlePass::run(std::span<const model::Batch> batches) {
  model::PromptBundle::Joined joined = model::PromptBundle::join(
      backbone_.config, batches, shape_.source_multiple, shape_.prompt_length);
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    joined.parts[i].stream = &members_[i].dropout;
    rows.push_back(joined.parts[i].rows);
  }
  // At the end of an epoch a batch may be short: such a pass is not captured.
  const bool are_whole = std::all_of(
      rows.begin(), rows.end(), [&](std::int64_t count) { return count == shape_.batch_size; });
  model::Dropout of_short(dropout_.rate(), 0, backbone_.device);
  model::Dropout& dropout = are_whole ? dropout_ : of_short;
  method_->set_rows(std::move(rows));
  clear_gradients(method_->parameters());
  dropout.start_parts(joined.parts, joined.source, joined.target);
  model::LossSum loss;
  if (are_whole) {
    loss = graphs_.run(*method_, joined.batch, dropout);
  } else {
    loss = method_->loss(joined.batch, dropout);
    loss.nll.backward();
  }
  dropout.finish_parts(joined.parts);
  return totals_of(loss, batches);
}

}  // namespace attempt::train
