#include "model/prompt_places.h"

#include <ATen/ATen.h>

#include "model/method.h"
#include "model/t5.h"

namespace attempt::model {

PromptPlaces::PromptPlaces(const MethodInputs& inputs) {
  const MethodOptions& options = inputs.options;
  are_all_before_ = options.placement == PromptPlacement::kPrefix;
  if (options.placement == PromptPlacement::kSuffix) after_ = options.prompt_length;
  if (options.placement != PromptPlacement::kBetween) return;
  before_ = options.placement_rows.at(0);
  between_ = options.placement_rows.at(1);
  after_ = options.placement_rows.at(2);
  for (const std::vector<std::int64_t>& ids : inputs.second_field_ids)
    names_.push_back(at::tensor(ids, at::kLong).to(inputs.backbone->device));
}

at::Tensor PromptPlaces::second_fields(const Batch& batch, const at::Tensor& tokens) const {
  at::Tensor places = tokens;
  for (std::size_t task = 0; task < names_.size(); ++task) {
    const at::Tensor& name = names_[task];
    if (name.numel() == 0 || name.numel() > batch.input_ids.size(1)) continue;
    const at::Tensor is_here = batch.input_ids.unfold(1, name.numel(), 1).eq(name).all(-1);
    const at::Tensor position = at::arange(is_here.size(1), tokens.options());
    const at::Tensor found = at::where(is_here, position, tokens.unsqueeze(1)).amin(1);
    const auto id = static_cast<std::int64_t>(task);
    places = names_.size() == 1 ? found : at::where(batch.task_ids.eq(id), found, places);
  }
  return places;
}

at::Tensor PromptPlaces::arrange(const at::Tensor& prompt, const at::Tensor& embeddings,
                                 const Batch& batch) const {
  const at::Tensor joined = at::cat({prompt, embeddings}, 1);
  if (are_all_before_) return joined;
  const std::int64_t rows = prompt.size(1);
  const at::Tensor tokens = batch.attention_mask.sum(1);
  const at::Tensor end = (tokens + rows).unsqueeze(1);  // of the text with all rows
  const at::Tensor second = second_fields(batch, tokens).unsqueeze(1);
  const at::Tensor to = at::arange(joined.size(1), tokens.options()).unsqueeze(0);
  // What stands at a place of the result, from the last part to the first; padding stays.
  at::Tensor from = at::where(to.lt(end), to - end + rows, to);
  from = at::where(to.lt(end - after_), to + (rows - before_ - between_), from);
  from = at::where(to.lt(second + before_ + between_), to - second, from);
  from = at::where(to.lt(second + before_), to + (rows - before_), from);
  from = at::where(to.lt(before_), to, from);
  return joined.gather(1, from.unsqueeze(-1).expand_as(joined));
}

}  // namespace attempt::model
