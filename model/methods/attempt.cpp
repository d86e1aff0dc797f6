#include "model/methods/attempt.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "model/methods/target_prompt.h"
#include "model/prompt_init.h"
#include "model/shapes/prompt_encoder_shapes.h"

namespace attempt::model {

Attempt::Attempt(const MethodInputs& inputs)
    : FrozenBackboneMethod(*inputs.backbone), options_(inputs.options) {
  add_prompts(inputs);
  network_ = AttentionNetwork(
      inputs, [this](const std::string& name, const at::Tensor& value, bool is_norm_or_bias) {
        return add_parameter(name, value, ParameterGroup::kG, is_norm_or_bias);
      });
  if (options_.temperature_rule == TemperatureRule::kCalibrated) calibrate(inputs);
  if (options_.deep == DeepKind::kGains) {
    const at::Tensor gains =
        at::zeros({t5().config.num_layers}, at::TensorOptions().device(t5().device));
    gains[0].fill_(1);
    gains_ = add_parameter("deep_gains", gains);
  }
}

void Attempt::add_prompts(const MethodInputs& inputs) {
  const bool is_deep = options_.deep == DeepKind::kPrompts;
  std::vector<at::Tensor> sources;
  for (const std::string& name : options_.mixed_sources)
    sources.push_back(source_prompt(inputs, name));
  if (options_.target != TargetUse::kNone) {
    const auto start = [&](const MethodInputs& of) {
      return is_deep ? initial_deep_prompts(of) : initial_prompt(of);
    };
    at::Tensor value;
    if (is_multi_task()) {
      std::vector<at::Tensor> values;
      for (std::size_t i = 0; i < options_.tasks.size(); ++i) {
        MethodInputs of_task = inputs;
        if (!options_.task_start_sources.empty())
          of_task.options.start_source = options_.task_start_sources[i];
        values.push_back(start(of_task));
      }
      value = at::stack(values);
    } else {
      value = start(inputs);
    }
    const char* name = is_deep ? "targets_deep" : is_multi_task() ? "targets" : "prompt";
    const bool is_by_task = is_multi_task() && options_.target_update == TargetUpdate::kPresentRows;
    target_ = add_parameter(name, value, ParameterGroup::kMain, false, is_by_task);
    const auto shapes = residual_encoder_shapes(options_, t5().config);
    const TensorMap network = add_parameters(
        shapes,
        [&](const TensorShape& shape) { return initial_residual_tensor(inputs, shape, shapes); },
        ParameterGroup::kEncoder);
    encoder_ = PromptEncoder(network, options_.prompt_encoder == PromptEncoderKind::kLstm);
  }
  const auto wide = at::TensorOptions().dtype(at::kFloat).device(t5().device);
  sources_ = sources.empty() ? at::zeros({0, options_.prompt_length, t5().config.d_model}, wide)
                             : at::stack(sources);
  if (options_.sources_trainable) sources_ = add_parameter("sources", sources_);
  if (options_.g_exclude_own && is_multi_task()) {
    const auto& names = options_.mixed_sources;
    const auto tasks = static_cast<std::int64_t>(options_.tasks.size());
    const auto prompts = static_cast<std::int64_t>(names.size()) + (mixes_target() ? 1 : 0);
    own_sources_ = at::zeros({tasks, prompts}, wide.dtype(at::kBool));
    for (std::size_t t = 0; t < options_.tasks.size(); ++t) {
      for (std::size_t j = 0; j < names.size(); ++j) {
        own_sources_[static_cast<std::int64_t>(t)][static_cast<std::int64_t>(j)] =
            options_.tasks[t] == names[j];
      }
    }
  }
}

void Attempt::calibrate(const MethodInputs& inputs) {
  const c10::NoGradGuard guard;
  std::vector<at::Tensor> queries;
  for (const Batch& batch : inputs.calibration) {
    queries.push_back(network_.queries(embed(t5(), batch.input_ids), batch.attention_mask));
  }
  network_.calibrate(queries.empty() ? at::Tensor() : at::cat(queries), sources_at(0));
}

bool Attempt::mixes_target() const {
  return options_.target == TargetUse::kAddAndMix || options_.target == TargetUse::kMixOnly;
}

bool Attempt::adds_target() const {
  return options_.target == TargetUse::kAddAndMix || options_.target == TargetUse::kAddOnly;
}

at::Tensor Attempt::targets() const {
  if (!encoder_.is_there()) return target_;
  if (!is_multi_task()) return through_residual(encoder_, target_);
  std::vector<at::Tensor> made;
  for (const at::Tensor& rows : target_.unbind(0)) {
    made.push_back(through_residual(encoder_, rows));
  }
  return at::stack(made);
}

at::Tensor Attempt::target_rows(const Batch& batch, std::int64_t layer) const {
  if (!target_.defined()) return {};
  at::Tensor rows = targets();
  if (options_.deep == DeepKind::kPrompts) rows = rows.select(rows.dim() - 3, layer);
  return is_multi_task() ? rows.index_select(0, batch.task_ids) : rows.unsqueeze(0);
}

at::Tensor Attempt::own_source(const Batch& batch) const {
  return own_sources_.defined() ? own_sources_.index_select(0, batch.task_ids) : at::Tensor();
}

at::Tensor Attempt::sources_at(std::int64_t layer) const {
  return options_.deep == DeepKind::kPrompts && sources_.dim() == 4 ? sources_.select(1, layer)
                                                                    : sources_;
}

at::Tensor Attempt::weights(const at::Tensor& rows, const Batch& batch, std::int64_t layer) const {
  return network_.weights(network_.queries(rows, batch.attention_mask), sources_at(layer),
                          mixes_target() ? target_rows(batch, layer) : at::Tensor(),
                          own_source(batch));
}

at::Tensor Attempt::mixture(const at::Tensor& weights, const Batch& batch,
                            std::int64_t layer) const {
  const at::Tensor sources = sources_at(layer);
  const std::int64_t count = sources.size(0);
  const at::Tensor of_sources = weights.slice(1, 0, count);
  at::Tensor sum;  // [B, P, D]
  if (weights.dim() == 3) {
    sum = at::matmul(of_sources.permute({2, 0, 1}), sources.transpose(0, 1)).transpose(0, 1);
  } else {
    sum = at::matmul(of_sources, sources.flatten(1)).view({-1, sources.size(1), sources.size(2)});
  }
  if (!target_.defined()) return sum;
  const at::Tensor target = target_rows(batch, layer);
  if (!mixes_target()) return sum + target;
  at::Tensor factor = weights.select(1, count);  // [B] or [B, P]
  factor = weights.dim() == 3 ? factor.unsqueeze(-1) : factor.unsqueeze(-1).unsqueeze(-1);
  if (adds_target()) factor = factor + 1;
  return at::addcmul(sum, factor, target);
}

at::Tensor Attempt::prompt_rows(const at::Tensor& embeddings, const Batch& batch) {
  if (sources_.size(0) == 0 && !mixes_target()) return target_rows(batch, 0);  // prompt tuning
  weights_ = weights(embeddings.detach(), batch, 0);
  first_ = mixture(weights_, batch, 0);
  if (gains_.defined()) return first_ * gains_[0];
  return first_;
}

at::Tensor Attempt::deep_rows(std::int64_t layer, const at::Tensor& x, const Batch& batch) const {
  const bool is_own = options_.deep_attention == DeepAttention::kPerLayer;
  const std::int64_t rows = options_.prompt_length;
  return mixture(is_own ? weights(x.slice(1, rows), batch, layer) : weights_, batch, layer);
}

LayerInputChange Attempt::layer_input_change(const Batch& batch) {
  if (options_.deep == DeepKind::kOff) return {};
  return [this, batch](std::int64_t layer, const at::Tensor& x) {
    const auto& layers = options_.deep_layers;
    if (!layers.empty() && std::find(layers.begin(), layers.end(), layer) == layers.end()) return x;
    const std::int64_t rows = options_.prompt_length;
    const bool is_gains = options_.deep == DeepKind::kGains;
    at::Tensor prompt =
        (is_gains ? first_ * gains_[layer] : deep_rows(layer, x, batch)).to(x.scalar_type());
    if (is_gains || options_.deep_mode == DeepMode::kAdd) prompt = x.slice(1, 0, rows) + prompt;
    return at::cat({prompt, x.slice(1, rows)}, 1);
  };
}

SourceAttention Attempt::attention(const Batch& batch) {
  const c10::NoGradGuard guard;
  SourceAttention result{options_.mixed_sources, {}};
  if (mixes_target()) result.names.emplace_back("target");
  if (result.names.empty()) return result;
  result.weights = weights(embed(t5(), batch.input_ids), batch, 0);
  result.temperature = network_.temperature();
  return result;
}

std::vector<NamedTensor> Attempt::saved_tensors() const {
  if (!encoder_.is_there()) return FrozenBackboneMethod::saved_tensors();
  const c10::NoGradGuard guard;
  std::vector<NamedTensor> saved;
  for (const TrainedParameter& parameter : parameters()) {
    if (parameter.group == ParameterGroup::kEncoder) continue;
    const bool is_target = parameter.value.is_same(target_);
    saved.push_back({parameter.name, is_target ? targets() : parameter.value.detach()});
  }
  return saved;
}

}  // namespace attempt::model
