#include "model/methods/mixed_prompts.h"

#include <ATen/ATen.h>

#include <stdexcept>

namespace attempt::model {

bool MixedPrompts::mixes(const MethodOptions& options) {
  const std::string method = single_task_form(folded_options(options).method);
  if (method == "attempt") {
    // Pooling over padding would make a row depend on the longest of its batch.
    return options.deep == DeepKind::kOff && options.pooling == Pooling::kMasked;
  }
  return (method == "prompt_tuning" || method == "spot") && !options.is_deep &&
         options.placement == PromptPlacement::kPrefix;
}

MixedPrompts::MixedPrompts(const T5& backbone, std::vector<Member> members)
    : FrozenBackboneMethod(backbone), members_(std::move(members)) {
  for (const Member& member : members_) {
    if (dynamic_cast<FrozenBackboneMethod*>(member.model) == nullptr) {
      throw std::invalid_argument("a model that trains the backbone cannot be mixed");
    }
  }
}

at::Tensor MixedPrompts::rows_of(std::size_t member, const Batch& batch) {
  return batch.task_ids.eq(static_cast<std::int64_t>(member)).nonzero().squeeze(1);
}

Batch MixedPrompts::part_of(std::size_t member, const Batch& batch, const at::Tensor& rows) const {
  Batch part;
  part.input_ids = batch.input_ids.index_select(0, rows);
  part.attention_mask = batch.attention_mask.index_select(0, rows);
  part.task_ids = at::full_like(rows, members_[member].task_id);
  return part;
}

at::Tensor MixedPrompts::prompt_rows(const at::Tensor& embeddings, const Batch& batch) {
  at::Tensor prompts;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const at::Tensor rows = rows_of(i, batch);
    const std::int64_t count = rows.size(0);
    if (count == 0) continue;
    auto& model = dynamic_cast<FrozenBackboneMethod&>(*members_[i].model);
    at::Tensor own = model.prompt_rows(embeddings.index_select(0, rows), part_of(i, batch, rows));
    if (own.dim() == 2) own = own.unsqueeze(0);
    own = own.expand({count, -1, -1});
    if (!prompts.defined()) {
      prompts = at::empty({embeddings.size(0), own.size(1), own.size(2)}, own.options());
    }
    prompts.index_copy_(0, rows, own);
  }
  return prompts;
}

SourceAttention MixedPrompts::attention_of(std::size_t member, const Batch& batch) const {
  const at::Tensor rows = rows_of(member, batch);
  if (rows.size(0) == 0) return {};
  return members_[member].model->attention(part_of(member, batch, rows));
}

}  // namespace attempt::model
