#include "model/generate.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <vector>

#include "model/loss.h"

namespace attempt::model {

namespace {

/// Greedy ids that a pass over the labels shows.
struct ShownIds {
  at::Tensor ids;  ///< [B, min(T, max_new_tokens)] int64, pad where nothing is shown
  std::vector<std::int64_t> open;  ///< rows whose ids go on beyond what is shown
  std::int64_t shared = 0;         ///< ids that are shown in every open row; 0 without one
};

ShownIds shown_ids(const T5& t5, const at::Tensor& labels, const at::Tensor& predicted,
                   std::int64_t max_new_tokens) {
  const std::int64_t width = std::min(labels.size(1), max_new_tokens);
  const at::Tensor is_label = labels.ne(-100);
  const at::Tensor goes_on =
      predicted.eq(labels).logical_and_(predicted.ne(t5.config.eos_token_id));
  const at::Tensor follows_labels = goes_on.cumprod(1).to(at::kBool);
  // An id is shown if all before it are their labels and none is the end.
  at::Tensor is_shown = is_label.clone();
  is_shown.slice(1, 1).logical_and_(follows_labels.slice(1, 0, labels.size(1) - 1));
  is_shown = is_shown.slice(1, 0, width);

  ShownIds shown;
  shown.ids =
      predicted.slice(1, 0, width).masked_fill(is_shown.logical_not(), t5.config.pad_token_id);
  const at::Tensor has_ended = shown.ids.eq(t5.config.eos_token_id).logical_and(is_shown).any(1);
  const at::Tensor counts = is_shown.sum(1).masked_fill_(has_ended, max_new_tokens).to(at::kCPU);
  const std::int64_t* count = counts.const_data_ptr<std::int64_t>();
  for (std::int64_t row = 0; row < counts.size(0); ++row) {
    if (count[row] >= max_new_tokens) continue;
    shown.shared = shown.open.empty() ? count[row] : std::min(shown.shared, count[row]);
    shown.open.push_back(row);
  }
  return shown;
}

/// Whether a layer of the decoder holds something for each row of the batch.
bool has_row_adapters(const T5& t5) {
  return std::any_of(t5.decoder.begin(), t5.decoder.end(), [](const DecoderLayerWeights& layer) {
    return layer.self_adapter.task_ids.defined() || layer.feed_forward_adapter.task_ids.defined();
  });
}

/// The whole of the greedy ids, of which `shown` is the beginning.
at::Tensor finish_generation(const T5& t5, const CrossAttention& cross, const ShownIds& shown,
                             const std::vector<KeyValue>& past, std::int64_t max_new_tokens) {
  const std::int64_t rows = shown.ids.size(0);
  const auto open_rows = static_cast<std::int64_t>(shown.open.size());
  if (open_rows == 0) return shown.ids;
  const at::Tensor open = at::tensor(shown.open, shown.ids.options());
  // With adapters by row all rows are decoded; what comes out for rows that have ended is not used.
  const bool decodes_all = open_rows == rows || has_row_adapters(t5);
  const auto decoded = [&](const at::Tensor& tensor) {
    return decodes_all ? tensor : tensor.index_select(0, open);
  };

  GeneratedStart start{decoded(shown.ids.slice(1, 0, shown.shared)), {}};
  const std::int64_t positions = prefix_length(t5.decoder.front().self_attention) + shown.shared;
  for (const KeyValue& layer : past) {
    start.past.push_back(
        {decoded(layer.key.slice(2, 0, positions)), decoded(layer.value.slice(2, 0, positions))});
  }
  at::Tensor generated = generate_greedy(t5, decodes_all ? cross : select_rows(t5, cross, open),
                                         max_new_tokens, std::move(start));
  if (open_rows == rows) return generated;
  if (decodes_all) generated = generated.index_select(0, open);
  const std::int64_t width = std::max(shown.ids.size(1), generated.size(1));
  at::Tensor ids = at::full({rows, width}, t5.config.pad_token_id, shown.ids.options());
  ids.slice(1, 0, shown.ids.size(1)).copy_(shown.ids);
  const at::Tensor padded = at::constant_pad_nd(generated, {0, width - generated.size(1)},
                                                static_cast<double>(t5.config.pad_token_id));
  return ids.index_copy_(0, open, padded);
}

}  // namespace

at::Tensor generate_greedy(const T5& t5, const CrossAttention& cross, std::int64_t max_new_tokens,
                           GeneratedStart start) {
  const c10::InferenceMode guard;
  const std::int64_t rows = cross.layers.front().key.size(0);
  const auto options = at::TensorOptions().dtype(at::kLong).device(t5.device);
  std::vector<KeyValue> past = std::move(start.past);
  std::vector<at::Tensor> steps;
  at::Tensor input = at::full({rows, 1}, t5.config.decoder_start_token_id, options);
  if (start.ids.defined()) {
    steps = start.ids.split(1, 1);
    input = steps.back();
  }
  at::Tensor has_ended = at::zeros({rows, 1}, options.dtype(at::kBool));
  while (static_cast<std::int64_t>(steps.size()) < max_new_tokens) {
    const at::Tensor logits = output_logits(t5, decode_step(t5, input, cross, past));
    input = logits.argmax(-1).masked_fill_(has_ended, t5.config.pad_token_id);
    steps.push_back(input);
    has_ended = has_ended.logical_or(input.eq(t5.config.eos_token_id));
    if (has_ended.all().item<bool>()) break;
  }
  if (steps.empty()) return at::empty({rows, 0}, options);
  return at::cat(steps, 1);
}

Prediction predict(const T5& t5, const Encoded& encoded, const Batch& batch,
                   std::int64_t max_new_tokens) {
  const c10::NoGradGuard no_grad;
  Dropout none;
  CrossAttention cross = cross_attention(t5, encoded);
  if (!cross.bias.kernel) {
    // Read once a generated token: contiguous rows take two thirds of the time of strided ones.
    for (KeyValue& layer : cross.layers) layer = {layer.key.contiguous(), layer.value.contiguous()};
  }
  LabelPass pass;
  LossSum loss = label_loss(t5, cross, batch.labels, none, {}, batch.label_tokens, &pass);
  const ShownIds shown = shown_ids(t5, batch.labels, pass.predicted, max_new_tokens);
  return {std::move(loss), finish_generation(t5, cross, shown, pass.past, max_new_tokens)};
}

}  // namespace attempt::model
