#include "model/shapes/method_shapes.h"

#include <fmt/format.h>

#include <functional>
#include <numeric>
#include <stdexcept>

namespace attempt::model {

namespace {

using Shapes = std::vector<TensorShape>;

/// [P, D]: the prompt of every input-level method.
TensorShape prompt_shape(const MethodOptions& options, const T5Config& config) {
  return {"prompt", {options.prompt_length, config.d_model}};
}

Shapes frozen_shapes(const MethodOptions&, const T5Config&) { return {}; }

Shapes fine_tuning_shapes(const MethodOptions&, const T5Config& config) {
  return backbone_shapes(config);
}

Shapes input_prompt_shapes(const MethodOptions& options, const T5Config& config) {
  return {prompt_shape(options, config)};
}

Shapes attempt_shapes(const MethodOptions& options, const T5Config& config) {
  Shapes shapes;
  if (options.target != TargetUse::kNone) shapes.push_back(prompt_shape(options, config));
  if (options.attention == AttentionKind::kConstant || !options.g_trainable) return shapes;
  shapes.push_back({"G.W_down", {options.g_hidden, config.d_model}});
  shapes.push_back({"G.W_up", {config.d_model, options.g_hidden}});
  if (options.g_layer_norm_trained) {
    shapes.push_back({"G.ln_weight", {config.d_model}});
    shapes.push_back({"G.ln_bias", {config.d_model}});
  }
  return shapes;
}

struct MethodShapes {
  std::string id;
  std::function<Shapes(const MethodOptions&, const T5Config&)> shapes;
};

/// The methods, in the order of the tables.
const std::vector<MethodShapes>& all_methods() {
  static const std::vector<MethodShapes> methods = {
      {"frozen", frozen_shapes},
      {"fine_tuning", fine_tuning_shapes},
      {"prompt_tuning", input_prompt_shapes},
      {"spot", input_prompt_shapes},
      {"attempt", attempt_shapes},
  };
  return methods;
}

void add_attention(Shapes& shapes, const std::string& name, const T5Config& config) {
  for (const char* projection : {"q", "k", "v"}) {
    shapes.push_back(
        {fmt::format("{}.{}.weight", name, projection), {config.inner_dim(), config.d_model}});
  }
  shapes.push_back({name + ".o.weight", {config.d_model, config.inner_dim()}});
}

void add_feed_forward(Shapes& shapes, const std::string& layer, const T5Config& config) {
  const std::string name = layer + ".DenseReluDense";
  if (config.is_gated) {
    shapes.push_back({name + ".wi_0.weight", {config.d_ff, config.d_model}});
    shapes.push_back({name + ".wi_1.weight", {config.d_ff, config.d_model}});
  } else {
    shapes.push_back({name + ".wi.weight", {config.d_ff, config.d_model}});
  }
  shapes.push_back({name + ".wo.weight", {config.d_model, config.d_ff}});
  shapes.push_back({layer + ".layer_norm.weight", {config.d_model}});
}

void add_stack(Shapes& shapes, const std::string& stack, std::int64_t layers, bool is_decoder,
               const T5Config& config) {
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::string block = fmt::format("{}.block.{}.layer", stack, i);
    add_attention(shapes, block + ".0.SelfAttention", config);
    if (i == 0) {
      shapes.push_back({block + ".0.SelfAttention.relative_attention_bias.weight",
                        {config.relative_attention_num_buckets, config.num_heads}});
    }
    shapes.push_back({block + ".0.layer_norm.weight", {config.d_model}});
    if (is_decoder) {
      add_attention(shapes, block + ".1.EncDecAttention", config);
      shapes.push_back({block + ".1.layer_norm.weight", {config.d_model}});
    }
    add_feed_forward(shapes, fmt::format("{}.{}", block, is_decoder ? 2 : 1), config);
  }
  shapes.push_back({stack + ".final_layer_norm.weight", {config.d_model}});
}

}  // namespace

std::int64_t TensorShape::numel() const {
  return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

std::vector<TensorShape> backbone_shapes(const T5Config& config) {
  Shapes shapes = {{"shared.weight", {config.vocab_size, config.d_model}}};
  add_stack(shapes, "encoder", config.num_layers, /*is_decoder=*/false, config);
  add_stack(shapes, "decoder", config.num_decoder_layers, /*is_decoder=*/true, config);
  if (!config.tie_word_embeddings) {
    shapes.push_back({"lm_head.weight", {config.vocab_size, config.d_model}});
  }
  return shapes;
}

std::vector<TensorShape> trained_shapes(const MethodOptions& options, const T5Config& config) {
  for (const MethodShapes& method : all_methods()) {
    if (method.id == options.method) return method.shapes(options, config);
  }
  throw std::invalid_argument("unknown method '" + options.method + "'");
}

std::int64_t trained_parameter_count(const MethodOptions& options, const T5Config& config) {
  std::int64_t count = 0;
  for (const TensorShape& shape : trained_shapes(options, config)) count += shape.numel();
  return count;
}

const std::vector<std::string>& method_ids() {
  static const std::vector<std::string> ids = [] {
    std::vector<std::string> names;
    for (const MethodShapes& method : all_methods()) names.push_back(method.id);
    return names;
  }();
  return ids;
}

}  // namespace attempt::model
