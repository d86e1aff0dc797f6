#include "model/shapes/method_shapes.h"

#include <fmt/format.h>

#include <functional>
#include <numeric>
#include <stdexcept>
#include <string_view>

#include "model/shapes/block_shapes.h"
#include "model/shapes/prompt_encoder_shapes.h"

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

void append(Shapes& shapes, const Shapes& more) {
  shapes.insert(shapes.end(), more.begin(), more.end());
}

Shapes input_prompt_shapes(const MethodOptions& options, const T5Config& config) {
  if (options.is_deep)
    return {{"prompts", {config.num_layers, options.prompt_length, config.d_model}}};
  Shapes shapes = {prompt_shape(options, config)};
  append(shapes, residual_encoder_shapes(options, config));
  return shapes;
}

Shapes p_tuning_shapes(const MethodOptions& options, const T5Config& config) {
  Shapes shapes = {{"encoder.embedding", {options.prompt_length, config.d_model}}};
  append(shapes, p_tuning_encoder_shapes(options, config));
  return shapes;
}

/// ATTEMPT's attention network; methods.md sections 6.2 and 7.1.
void add_g(Shapes& shapes, const MethodOptions& options, const T5Config& config) {
  const std::int64_t d_model = config.d_model;
  const bool has_network =
      options.attention != AttentionKind::kConstant && options.attention != AttentionKind::kDot;
  if (options.g_trainable && has_network) {
    if (options.attention == AttentionKind::kLinear) {
      shapes.push_back({"G.W_a", {d_model, d_model}});
    } else {
      shapes.push_back({"G.W_down", {options.g_hidden, d_model}});
      shapes.push_back({"G.W_up", {d_model, options.g_hidden}});
    }
    if (options.g_layer_norm_trained) {
      shapes.push_back({"G.ln_weight", {d_model}});
      shapes.push_back({"G.ln_bias", {d_model}});
    }
    if (options.attention == AttentionKind::kCrossPrompt) {
      for (const char* name : {"G.W_q", "G.W_k", "G.W_v"})
        shapes.push_back({name, {kCrossPromptWidth, d_model}});
      shapes.push_back({"G.W_o", {d_model, kCrossPromptWidth}});
    }
  }
  if (options.attention != AttentionKind::kConstant &&
      options.temperature_rule == TemperatureRule::kLearned) {
    shapes.push_back({"G.theta", {1}});
  }
}

Shapes attempt_shapes(const MethodOptions& options, const T5Config& config) {
  const std::int64_t layers = options.deep == DeepKind::kPrompts ? config.num_layers : 0;
  const auto with_layers = [&](std::vector<std::int64_t> dims) {
    if (layers > 0) dims.insert(dims.end() - 2, layers);
    return dims;
  };
  const std::int64_t rows = options.prompt_length;
  Shapes shapes;
  if (options.target != TargetUse::kNone) {
    const auto tasks = static_cast<std::int64_t>(options.tasks.size());
    std::vector<std::int64_t> dims = {rows, config.d_model};
    if (tasks > 0) dims.insert(dims.begin(), tasks);
    const char* name = layers > 0 ? "targets_deep" : tasks > 0 ? "targets" : "prompt";
    shapes.push_back({name, with_layers(dims)});
    append(shapes, residual_encoder_shapes(options, config));
  }
  if (options.sources_trainable) {
    const auto count = static_cast<std::int64_t>(options.mixed_sources.size());
    shapes.push_back({"sources", with_layers({count, rows, config.d_model})});
  }
  add_g(shapes, options, config);
  if (options.deep == DeepKind::kGains) shapes.push_back({"deep_gains", {config.num_layers}});
  return shapes;
}

/// Whether a method trains one task, several together, or has a form for either.
enum class Tasks { kOne, kSeveral, kBoth };

struct MethodShapes {
  std::string id;
  std::function<Shapes(const MethodOptions&, const T5Config&)> shapes;
  Tasks tasks = Tasks::kOne;
};

/// The methods, in the order of the tables.
const std::vector<MethodShapes>& all_methods() {
  static const std::vector<MethodShapes> methods = {
      {"frozen", frozen_shapes},
      {"fine_tuning", fine_tuning_shapes, Tasks::kBoth},
      {"bitfit", bitfit_shapes, Tasks::kBoth},
      {"adapter", adapter_shapes, Tasks::kBoth},
      {"adapter_drop", adapter_shapes},
      {"lora", lora_shapes, Tasks::kBoth},
      {"ia3", ia3_shapes, Tasks::kBoth},
      {"prompt_tuning", input_prompt_shapes, Tasks::kBoth},
      {"spot", input_prompt_shapes},
      {"prefix_tuning", prefix_shapes, Tasks::kBoth},
      {"p_tuning", p_tuning_shapes, Tasks::kBoth},
      {"p_tuning_v2", prefix_shapes, Tasks::kBoth},
      {"hyperformer", hyperformer_shapes, Tasks::kSeveral},
      {"attempt", attempt_shapes, Tasks::kBoth},
  };
  return methods;
}

const MethodShapes* find_method(const std::string& id) {
  for (const MethodShapes& method : all_methods()) {
    if (method.id == id) return &method;
  }
  return nullptr;
}

constexpr std::string_view kMultiTaskSuffix = "_m";

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
  MethodOptions of_method = options;
  of_method.method = single_task_form(options.method);
  const MethodShapes* method = find_method(of_method.method);
  if (method == nullptr) throw std::invalid_argument("unknown method '" + options.method + "'");
  return method->shapes(of_method, config);
}

std::int64_t trained_parameter_count(const MethodOptions& options, const T5Config& config) {
  std::int64_t count = 0;
  for (const TensorShape& shape : trained_shapes(options, config)) count += shape.numel();
  return count;
}

MethodOptions folded_options(MethodOptions options) {
  const std::string base = single_task_form(options.method);
  if (base == "p_tuning") {
    options.method = is_multi_task(options.method) ? "prompt_tuning_m" : "prompt_tuning";
  } else if (base == "prefix_tuning") {
    options.reparametrise = false;
    if (options.prefix_layout == PrefixLayout::kPeft) options.prefix_sites = {"decoder"};
    options.prefix_layout = PrefixLayout::kFull;
  } else if (base == "bitfit" && options.fold) {
    options.norms_have_bias = false;
  } else if (base == "hyperformer" && options.fold) {
    options.method = "adapter_m";
    options.adapter_is_normed = true;
  }
  options.fold = false;
  options.prompt_encoder = PromptEncoderKind::kNone;
  return options;
}

const std::vector<std::string>& method_ids() {
  static const std::vector<std::string> ids = [] {
    std::vector<std::string> names;
    for (const MethodShapes& method : all_methods()) {
      names.push_back(method.id);
      if (method.tasks == Tasks::kBoth) names.push_back(method.id + std::string(kMultiTaskSuffix));
    }
    return names;
  }();
  return ids;
}

bool is_multi_task(const std::string& method) {
  const MethodShapes* found = find_method(method);
  return found != nullptr ? found->tasks == Tasks::kSeveral : single_task_form(method) != method;
}

std::string single_task_form(const std::string& method) {
  if (!method.ends_with(kMultiTaskSuffix)) return method;
  const std::string base = method.substr(0, method.size() - kMultiTaskSuffix.size());
  const MethodShapes* found = find_method(base);
  return found != nullptr && found->tasks == Tasks::kBoth ? base : method;
}

}  // namespace attempt::model
