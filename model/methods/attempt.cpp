#include "model/methods/attempt.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "model/prompt_init.h"
#include "model/shapes/model_error.h"

namespace attempt::model {

namespace {

constexpr double kLayerNormEpsilon = 1e-5;
constexpr double kInitStd = 0.01;  // of W_down and W_up: the authors' modeling_t5.py

/// Standard deviation of the scores over the sources that "calibrated" aims at; methods.md 6.2.
constexpr double kCalibratedDeviation = 0.4;

double temperature_of(const MethodOptions& options, const T5Config& config) {
  if (options.temperature_rule == TemperatureRule::kNumber) return options.temperature;
  return std::floor(static_cast<double>(config.d_model) * std::numbers::e);
}

}  // namespace

Attempt::Attempt(const MethodInputs& inputs)
    : InputPromptMethod(*inputs.backbone),
      options_(inputs.options),
      temperature_(temperature_of(inputs.options, inputs.backbone->config)) {
  std::vector<at::Tensor> sources;
  for (const std::string& name : options_.mixed_sources)
    sources.push_back(source_prompt(inputs, name));
  const std::int64_t d_model = t5_.config.d_model;
  sources_ = sources.empty() ? at::zeros({0, options_.prompt_length, d_model},
                                         at::TensorOptions().dtype(at::kFloat).device(t5_.device))
                             : at::stack(sources);
  if (options_.target != TargetUse::kNone) {
    target_ = add_parameter("prompt", initial_prompt(inputs), ParameterGroup::kMain);
  }
  if (options_.attention == AttentionKind::kConstant) return;

  const at::Tensor down = normal_tensor(inputs, "G.W_down", {options_.g_hidden, d_model}, kInitStd);
  const at::Tensor up = normal_tensor(inputs, "G.W_up", {d_model, options_.g_hidden}, kInitStd);
  const auto wide = at::TensorOptions().dtype(at::kFloat).device(t5_.device);
  ln_weight_ = at::ones({d_model}, wide);
  ln_bias_ = at::zeros({d_model}, wide);
  w_down_ = options_.g_trainable ? add_parameter("G.W_down", down, ParameterGroup::kG) : down;
  w_up_ = options_.g_trainable ? add_parameter("G.W_up", up, ParameterGroup::kG) : up;
  if (options_.g_trainable && options_.g_layer_norm_trained) {
    ln_weight_ =
        add_parameter("G.ln_weight", ln_weight_, ParameterGroup::kG, /*is_norm_or_bias=*/true);
    ln_bias_ = add_parameter("G.ln_bias", ln_bias_, ParameterGroup::kG, /*is_norm_or_bias=*/true);
  }
  if (options_.temperature_rule == TemperatureRule::kCalibrated) {
    temperature_ = calibrated_temperature(inputs.calibration);
  }
}

double Attempt::calibrated_temperature(const std::vector<Batch>& rows) const {
  const c10::NoGradGuard guard;
  const at::Tensor keys = std::get<0>(sources_.max(1));  // [K, D]
  double sum = 0;
  std::int64_t count = 0;
  for (const Batch& batch : rows) {
    const at::Tensor scores =
        at::matmul(queries(embed(t5_, batch.input_ids), batch), keys.t()).to(at::kDouble);
    sum += at::std(scores, /*dim=*/1, /*unbiased=*/false).sum().item<double>();
    count += scores.size(0);
  }
  const double deviation = count == 0 ? 0 : sum / static_cast<double>(count);
  if (!(deviation > 0)) {
    throw ModelError("temperature",
                     "cannot be calibrated: the source prompts get equal scores (it needs two or "
                     "more that differ). Give a number, or \"paper\"");
  }
  return deviation / kCalibratedDeviation;
}

bool Attempt::mixes_target() const {
  return options_.target == TargetUse::kAddAndMix || options_.target == TargetUse::kMixOnly;
}

at::Tensor Attempt::mixed_prompts() const {
  return mixes_target() ? at::cat({sources_, target_.unsqueeze(0)}) : sources_;
}

at::Tensor Attempt::queries(const at::Tensor& embeddings, const Batch& batch) const {
  at::Tensor wide = embeddings.detach().to(at::kFloat);
  if (options_.pooling == Pooling::kMasked) {
    wide = wide.masked_fill(batch.attention_mask.unsqueeze(-1).logical_not(),
                            -std::numeric_limits<float>::infinity());
  }
  const at::Tensor pooled = std::get<0>(wide.max(1));
  const at::Tensor hidden = at::linear(at::silu(at::linear(pooled, w_down_)), w_up_);
  return at::layer_norm(hidden, {t5_.config.d_model}, ln_weight_, ln_bias_, kLayerNormEpsilon);
}

at::Tensor Attempt::weights(const at::Tensor& embeddings, const Batch& batch,
                            const at::Tensor& prompts) const {
  if (options_.attention == AttentionKind::kConstant) {
    return at::full({embeddings.size(0), prompts.size(0)},
                    1.0 / static_cast<double>(prompts.size(0)),
                    prompts.options().requires_grad(false));
  }
  const at::Tensor keys = std::get<0>(prompts.max(1));  // [K + 1, D]
  const at::Tensor scores = at::matmul(queries(embeddings, batch), keys.t()).div(temperature_);
  return at::softmax(scores, -1);
}

at::Tensor Attempt::prompt_rows(const at::Tensor& embeddings, const Batch& batch) {
  const at::Tensor prompts = mixed_prompts();
  const bool adds_target =
      options_.target == TargetUse::kAddAndMix || options_.target == TargetUse::kAddOnly;
  if (prompts.size(0) == 0) return target_;  // kAddOnly without sources: prompt tuning
  const at::Tensor attention = weights(embeddings, batch, prompts);
  const at::Tensor mixture =
      at::matmul(attention, prompts.flatten(1)).view({-1, prompts.size(1), prompts.size(2)});
  return adds_target ? mixture + target_ : mixture;
}

SourceAttention Attempt::attention(const Batch& batch) {
  const c10::NoGradGuard guard;
  SourceAttention result{options_.mixed_sources, {}};
  if (mixes_target()) result.names.emplace_back("target");
  if (result.names.empty()) return result;
  result.weights = weights(embed(t5_, batch.input_ids), batch, mixed_prompts());
  if (options_.attention != AttentionKind::kConstant) result.temperature = temperature_;
  return result;
}

}  // namespace attempt::model
