#include "model/methods/attention_network.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "model/prompt_init.h"
#include "model/shapes/method_shapes.h"
#include "model/shapes/model_error.h"

namespace attempt::model {

namespace {

constexpr double kLayerNormEpsilon = 1e-5;
constexpr double kInitStd = 0.01;  // of G's maps: the authors' modeling_t5.py
constexpr double kLeastTheta = 0.005, kGreatestTheta = 5;
/// Standard deviation of the scores over the sources that "calibrated" aims at; methods.md 6.2.
constexpr double kCalibratedDeviation = 0.4;

at::Tensor pooled(const at::Tensor& prompts, std::int64_t rows_dimension) {
  return std::get<0>(prompts.max(rows_dimension));
}

/// A tensor of G as another trial left it, where the method starts from one; else `value`.
at::Tensor start_of(const MethodInputs& inputs, const std::string& name, const at::Tensor& value) {
  for (const NamedTensor& given : inputs.g_tensors) {
    if (given.name != name) continue;
    if (given.value.sizes() != value.sizes()) {
      throw ModelError(name, "of the G to start from has another shape than the method's (" +
                                 std::to_string(given.value.numel()) + " elements, expected " +
                                 std::to_string(value.numel()) +
                                 "). Give both the same g_hidden and attention");
    }
    return given.value.to(value.options());
  }
  const bool may_be_fixed = name.starts_with("G.ln_") || name == "G.theta";
  if (inputs.g_tensors.empty() || may_be_fixed) return value;
  throw ModelError(name, "is missing in the G to start from. Give both the same attention");
}

}  // namespace

AttentionNetwork::AttentionNetwork(const MethodInputs& inputs, const Register& add)
    : options_(inputs.options) {
  if (options_.attention == AttentionKind::kConstant) return;
  const std::int64_t d_model = inputs.backbone->config.d_model;
  const auto wide = at::TensorOptions().dtype(at::kFloat).device(inputs.backbone->device);
  const auto tensor = [&](const std::string& name, const at::Tensor& value, bool is_norm = false) {
    const at::Tensor start = start_of(inputs, name, value);
    return options_.g_trainable ? add(name, start, is_norm) : start;
  };
  const auto drawn = [&](const std::string& name, std::vector<std::int64_t> shape) {
    return tensor(name, normal_tensor(inputs, name, std::move(shape), kInitStd));
  };
  if (options_.attention == AttentionKind::kLinear) {
    w_a_ = drawn("G.W_a", {d_model, d_model});
  } else if (options_.attention != AttentionKind::kDot) {
    w_down_ = drawn("G.W_down", {options_.g_hidden, d_model});
    w_up_ = drawn("G.W_up", {d_model, options_.g_hidden});
  }
  if (options_.attention != AttentionKind::kDot) {
    ln_weight_ = at::ones({d_model}, wide);
    ln_bias_ = at::zeros({d_model}, wide);
    if (options_.g_layer_norm_trained) {
      ln_weight_ = tensor("G.ln_weight", ln_weight_, true);
      ln_bias_ = tensor("G.ln_bias", ln_bias_, true);
    } else {
      ln_weight_ = start_of(inputs, "G.ln_weight", ln_weight_).clone();
      ln_bias_ = start_of(inputs, "G.ln_bias", ln_bias_).clone();
    }
  }
  if (options_.attention == AttentionKind::kCrossPrompt) {
    w_q_ = drawn("G.W_q", {kCrossPromptWidth, d_model});
    w_k_ = drawn("G.W_k", {kCrossPromptWidth, d_model});
    w_v_ = drawn("G.W_v", {kCrossPromptWidth, d_model});
    w_o_ = tensor("G.W_o", at::zeros({d_model, kCrossPromptWidth}, wide));
  }
  temperature_ = options_.temperature_rule == TemperatureRule::kNumber
                     ? options_.temperature
                     : std::floor(static_cast<double>(d_model) * std::numbers::e);
  if (options_.temperature_rule == TemperatureRule::kLearned) {
    temperature_ = static_cast<double>(d_model);
    theta_ = add("G.theta", start_of(inputs, "G.theta", at::ones({1}, wide)),
                 /*is_norm_or_bias=*/true);
  }
}

void AttentionNetwork::freshen_layer_norm() {
  if (!ln_weight_.defined()) return;
  const c10::NoGradGuard guard;
  ln_weight_.fill_(1);
  ln_bias_.fill_(0);
}

double AttentionNetwork::temperature() const {
  if (options_.attention == AttentionKind::kConstant)
    return std::numeric_limits<double>::quiet_NaN();
  if (!theta_.defined()) return temperature_;
  return temperature_ * std::exp(std::clamp(theta_.item<double>(), kLeastTheta, kGreatestTheta));
}

at::Tensor AttentionNetwork::queries(const at::Tensor& rows, const at::Tensor& mask) const {
  if (options_.attention == AttentionKind::kConstant) return rows.select(1, 0);
  at::Tensor wide = rows.to(at::kFloat);
  if (options_.pooling == Pooling::kMasked) {
    wide =
        wide.masked_fill(mask.unsqueeze(-1).logical_not(), -std::numeric_limits<float>::infinity());
  }
  const at::Tensor input = std::get<0>(wide.max(1));
  if (options_.attention == AttentionKind::kDot) return input;
  const at::Tensor hidden = w_a_.defined()
                                ? at::linear(input, w_a_)
                                : at::linear(at::silu(at::linear(input, w_down_)), w_up_);
  return at::layer_norm(hidden, {hidden.size(-1)}, ln_weight_, ln_bias_, kLayerNormEpsilon);
}

at::Tensor AttentionNetwork::related(const at::Tensor& keys) const {
  const auto heads = [&](const at::Tensor& weight) {
    return at::linear(keys, weight)
        .view({keys.size(0), keys.size(1), kCrossPromptHeads, -1})
        .transpose(1, 2);
  };
  const double width = static_cast<double>(kCrossPromptWidth / kCrossPromptHeads);
  const at::Tensor attention =
      at::softmax(at::matmul(heads(w_q_), heads(w_k_).transpose(-1, -2)) / std::sqrt(width), -1);
  const at::Tensor mixed =
      at::matmul(attention, heads(w_v_)).transpose(1, 2).reshape({keys.size(0), keys.size(1), -1});
  return keys + at::linear(mixed, w_o_);
}

at::Tensor AttentionNetwork::scores(const at::Tensor& queries, const at::Tensor& sources,
                                    const at::Tensor& target) const {
  const at::Tensor columns = queries.unsqueeze(-1);  // [B, D, 1]
  if (options_.attention == AttentionKind::kToken) {
    const at::Tensor of_sources = at::matmul(queries, sources.flatten(0, 1).t())
                                      .view({queries.size(0), sources.size(0), sources.size(1)});
    if (!target.defined()) return of_sources;
    return at::cat({of_sources, at::matmul(target, columns).transpose(1, 2)}, 1);
  }
  const at::Tensor source_keys = pooled(sources, 1);  // [K, D]
  if (options_.attention == AttentionKind::kCrossPrompt) {
    at::Tensor keys = source_keys.unsqueeze(0);
    if (target.defined()) {
      const at::Tensor own = pooled(target, 1).unsqueeze(1);
      keys = at::cat({keys.expand({own.size(0), -1, -1}), own}, 1);
    }
    return at::matmul(related(keys), columns).squeeze(-1);
  }
  const at::Tensor of_sources = at::matmul(queries, source_keys.t());
  if (!target.defined()) return of_sources;
  return at::cat({of_sources, (queries * pooled(target, 1)).sum(-1, /*keepdim=*/true)}, 1);
}

at::Tensor AttentionNetwork::scaled_scores(const at::Tensor& queries, const at::Tensor& sources,
                                           const at::Tensor& target) const {
  if (options_.attention == AttentionKind::kConstant) {
    return at::zeros({queries.size(0), sources.size(0) + (target.defined() ? 1 : 0)},
                     sources.options().requires_grad(false));
  }
  const at::Tensor raw = scores(queries, sources, target);
  if (!theta_.defined()) return raw.div(temperature_);
  return raw / (at::exp(at::clamp(theta_, kLeastTheta, kGreatestTheta)) * temperature_);
}

at::Tensor AttentionNetwork::weights(const at::Tensor& queries, const at::Tensor& sources,
                                     const at::Tensor& target, const at::Tensor& excluded) const {
  at::Tensor scaled = scaled_scores(queries, sources, target);
  if (excluded.defined()) {
    scaled = scaled.masked_fill(scaled.dim() == 3 ? excluded.unsqueeze(-1) : excluded,
                                -std::numeric_limits<float>::infinity());
  }
  return at::softmax(scaled, 1);
}

void AttentionNetwork::calibrate(const at::Tensor& queries, const at::Tensor& sources) {
  double deviation = 0;
  if (queries.defined() && queries.size(0) > 0) {
    const at::Tensor spread =
        at::std(scores(queries, sources, {}).to(at::kDouble), /*dim=*/1, /*unbiased=*/false);
    deviation = spread.mean().item<double>();
  }
  if (!(deviation > 0)) {
    throw ModelError("temperature",
                     "cannot be calibrated: the source prompts get equal scores (it needs two or "
                     "more that differ). Give a number, or \"paper\"");
  }
  temperature_ = deviation / kCalibratedDeviation;
}

}  // namespace attempt::model
