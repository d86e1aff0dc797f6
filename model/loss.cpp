#include "model/loss.h"

#include <ATen/ATen.h>

namespace attempt::model {

at::Tensor shift_right(const T5Config& config, const at::Tensor& labels) {
  at::Tensor shifted = at::empty_like(labels);
  shifted.select(1, 0).fill_(config.decoder_start_token_id);
  shifted.slice(1, 1).copy_(labels.slice(1, 0, labels.size(1) - 1));
  return shifted.masked_fill_(shifted.lt(0), config.pad_token_id);
}

namespace {

/// The loss with logits at every position: shapes do not depend on the labels, so that the pass can
/// be captured.
LossSum loss_of_all(const T5& t5, const at::Tensor& hidden, const at::Tensor& labels,
                    const LossRule& rule, std::int64_t label_tokens, LabelPass* pass) {
  const at::Tensor logits = output_logits(t5, hidden.reshape({-1, hidden.size(-1)}));
  if (pass != nullptr) pass->predicted = logits.argmax(-1).view(labels.sizes());
  at::Tensor each = at::cross_entropy_loss(logits, labels.reshape({-1}), {}, at::Reduction::None,
                                           -100, rule.label_smoothing)
                        .view(labels.sizes());
  at::Tensor row_tokens = labels.ne(-100).sum(1);
  if (rule.is_mean_of_rows) {
    row_tokens = row_tokens.clamp_min(1);
    each = each / row_tokens.unsqueeze(1);
    row_tokens = row_tokens.clamp_max(1);
  }
  return {each.sum(), rule.is_mean_of_rows ? labels.size(0) : label_tokens, each.detach().sum(1),
          row_tokens};
}

}  // namespace

LossSum label_loss(const T5& t5, const Encoded& encoded, const at::Tensor& labels, Dropout& dropout,
                   const LossRule& rule, std::int64_t label_tokens) {
  return label_loss(t5, cross_attention_for(t5, encoded, labels.size(1)), labels, dropout, rule,
                    label_tokens);
}

LossSum label_loss(const T5& t5, const CrossAttention& cross, const at::Tensor& labels,
                   Dropout& dropout, const LossRule& rule, std::int64_t label_tokens,
                   LabelPass* pass) {
  const at::Tensor hidden = decode(t5, shift_right(t5.config, labels), cross, dropout, nullptr,
                                   pass == nullptr ? nullptr : &pass->past);
  if (labels.is_cuda() && label_tokens != kUnknown)
    return loss_of_all(t5, hidden, labels, rule, label_tokens, pass);
  // Logits only where there is a label: padded targets would multiply the largest product of the
  // pass.
  const at::Tensor flat = labels.reshape({-1});
  const at::Tensor positions = flat.ne(-100).nonzero().squeeze(1);
  const at::Tensor logits =
      output_logits(t5, hidden.reshape({-1, hidden.size(-1)}).index_select(0, positions));
  if (pass != nullptr) {
    pass->predicted =
        at::zeros_like(flat).index_copy(0, positions, logits.argmax(-1)).view(labels.sizes());
  }
  at::Tensor each = at::cross_entropy_loss(logits, flat.index_select(0, positions), {},
                                           at::Reduction::None, -100, rule.label_smoothing);
  at::Tensor row_tokens = labels.ne(-100).sum(1);
  if (rule.is_mean_of_rows) {
    const at::Tensor rows = positions.div(labels.size(1), "floor");
    each = each / row_tokens.index_select(0, rows);
    row_tokens = row_tokens.clamp_max(1);
  }
  const at::Tensor row_nll = at::zeros(flat.sizes(), each.options())
                                 .index_copy(0, positions, each.detach())
                                 .view(labels.sizes())
                                 .sum(1);
  return {each.sum(), rule.is_mean_of_rows ? labels.size(0) : positions.size(0), row_nll,
          row_tokens};
}

}  // namespace attempt::model
