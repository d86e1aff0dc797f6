#include "model/methods/prompt_bundle.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>

namespace attempt::model {

namespace {

at::Tensor joined(std::span<const Batch> batches, at::Tensor Batch::*member, std::int64_t length,
                  double padding) {
  std::vector<at::Tensor> parts;
  for (const Batch& batch : batches) {
    const at::Tensor& part = batch.*member;
    parts.push_back(at::constant_pad_nd(part, {0, length - part.size(1)}, padding));
  }
  return at::cat(parts, 0);
}

}  // namespace

PromptBundle::PromptBundle(const T5& backbone, std::vector<Method*> members)
    : FrozenBackboneMethod(backbone) {
  for (Method* member : members) {
    auto* method = dynamic_cast<FrozenBackboneMethod*>(member);
    if (method == nullptr) throw std::invalid_argument("a method that trains the backbone");
    members_.push_back(method);
    share_parameters(*method);
  }
}

PromptBundle::Joined PromptBundle::join(const T5Config& config, std::span<const Batch> batches,
                                        std::int64_t source_multiple, std::int64_t prompt_length) {
  Joined joined;
  std::int64_t source = 0;
  Batch& whole = joined.batch;
  whole.label_tokens = 0;
  whole.loss_rule = batches.front().loss_rule;
  std::vector<at::Tensor> tasks;
  for (const Batch& batch : batches) {
    const std::int64_t own_source = batch.input_ids.size(1), own_target = batch.labels.size(1);
    joined.parts.push_back(
        {nullptr, batch.input_ids.size(0), prompt_length + own_source, own_target});
    source = std::max(source, own_source);
    joined.target = std::max(joined.target, own_target);
    whole.label_tokens += batch.label_tokens;
    tasks.push_back(batch.task_ids);
  }
  // Dropout tells the two lengths apart by their sizes.
  while (source % source_multiple != 0 || prompt_length + source == joined.target) ++source;
  joined.source = prompt_length + source;
  whole.input_ids =
      model::joined(batches, &Batch::input_ids, source, static_cast<double>(config.pad_token_id));
  whole.attention_mask = model::joined(batches, &Batch::attention_mask, source, 0);
  whole.labels = model::joined(batches, &Batch::labels, joined.target, -100);
  whole.task_ids = at::cat(tasks, 0);
  return joined;
}

at::Tensor PromptBundle::prompt_rows(const at::Tensor& embeddings, const Batch& batch) {
  std::vector<at::Tensor> prompts;
  std::int64_t first = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const std::int64_t end = first + rows_.at(i);
    Batch part = batch;
    part.input_ids = batch.input_ids.slice(0, first, end);
    part.attention_mask = batch.attention_mask.slice(0, first, end);
    part.task_ids = batch.task_ids.slice(0, first, end);
    // In the type of the activations already here, as alone: gradients of rows are added up in it.
    const at::Tensor own = members_[i]
                               ->prompt_rows(embeddings.slice(0, first, end), part)
                               .to(embeddings.scalar_type());
    prompts.push_back((own.dim() == 2 ? own.unsqueeze(0) : own).expand({end - first, -1, -1}));
    first = end;
  }
  return at::cat(prompts, 0);
}

}  // namespace attempt::model
