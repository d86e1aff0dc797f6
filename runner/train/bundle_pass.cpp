#include "runner/train/bundle_pass.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "runner/train/gradients.h"

namespace attempt::train {

namespace {

model::Dropout dropout_of(const TrialParts& parts) {
  return {parts.spec.model.dropout, 0, parts.backbone.device};
}

/// Sums of each part's rows.
std::vector<LossTotals> totals_of(const model::LossSum& loss,
                                  const std::vector<model::DropoutPart>& parts) {
  const at::Tensor nlls = loss.row_nll.to(at::kCPU, at::kDouble).contiguous();
  const at::Tensor tokens = loss.row_tokens.to(at::kCPU, at::kLong).contiguous();
  std::vector<LossTotals> totals;
  std::int64_t row = 0;
  for (const model::DropoutPart& part : parts) {
    LossTotals& sums = totals.emplace_back();
    for (const std::int64_t end = row + part.rows; row < end; ++row) {
      sums.nll += nlls.const_data_ptr<double>()[row];
      sums.tokens += tokens.const_data_ptr<std::int64_t>()[row];
    }
  }
  return totals;
}

}  // namespace

BundlePass::BundlePass(std::vector<TrialLoop*> loops)
    : loops_(std::move(loops)), dropout_(dropout_of(loops_.front()->parts())) {
  std::vector<model::Method*> methods;
  for (TrialLoop* loop : loops_) methods.push_back(&loop->parts().method);
  method_ = std::make_unique<model::PromptBundle>(loops_.front()->parts().backbone, methods);
}

std::vector<LossTotals> BundlePass::run() {
  const TrialParts& first = loops_.front()->parts();
  std::vector<model::Batch> batches;
  std::vector<std::int64_t> rows;
  bool are_whole = true;
  for (TrialLoop* loop : loops_) {
    batches.push_back(loop->next_micro_batches().at(0));
    rows.push_back(batches.back().input_ids.size(0));
    are_whole = are_whole && rows.back() == loop->parts().spec.train.batch_size;
  }
  model::PromptBundle::Joined joined = model::PromptBundle::join(
      first.backbone.config, batches, first.tasks.front().collate.source_multiple,
      first.spec.method_options.prompt_length);
  for (std::size_t i = 0; i < loops_.size(); ++i)
    joined.parts[i].stream = &loops_[i]->parts().dropout;
  method_->set_rows(rows);
  clear_gradients(method_->parameters());
  // At the end of an epoch a batch may be short: such a pass is not captured.
  model::Dropout of_this_pass = are_whole ? model::Dropout() : dropout_of(first);
  model::Dropout& dropout = are_whole ? dropout_ : of_this_pass;
  dropout.start_parts(joined.parts, joined.source, joined.target);
  model::LossSum loss;
  if (are_whole) {
    loss = graphs_.run(*method_, joined.batch, dropout);
  } else {
    loss = method_->loss(joined.batch, dropout);
    loss.nll.backward();
  }
  dropout.finish_parts(joined.parts);
  return totals_of(loss, joined.parts);
}

}  // namespace attempt::train
