#include "model/loss.h"

#include <ATen/ATen.h>

#include "model/decoder.h"

namespace attempt::model {

at::Tensor shift_right(const T5Config& config, const at::Tensor& labels) {
  at::Tensor shifted = at::empty_like(labels);
  shifted.select(1, 0).fill_(config.decoder_start_token_id);
  shifted.slice(1, 1).copy_(labels.slice(1, 0, labels.size(1) - 1));
  return shifted.masked_fill_(shifted.lt(0), config.pad_token_id);
}

LossSum label_loss(const T5& t5, const Encoded& encoded, const at::Tensor& labels,
                   Dropout& dropout) {
  const at::Tensor hidden = decode(t5, shift_right(t5.config, labels), encoded, dropout);
  // Logits only where there is a label: padded targets would multiply the largest product of the
  // pass.
  const at::Tensor flat = labels.reshape({-1});
  const at::Tensor positions = flat.ne(-100).nonzero().squeeze(1);
  const at::Tensor logits =
      output_logits(t5, hidden.reshape({-1, hidden.size(-1)}).index_select(0, positions));
  const at::Tensor nll =
      at::cross_entropy_loss(logits, flat.index_select(0, positions), {}, at::Reduction::Sum);
  return {nll, positions.size(0)};
}

}  // namespace attempt::model
