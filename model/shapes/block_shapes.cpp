#include "model/shapes/block_shapes.h"

#include <fmt/format.h>

#include <algorithm>

namespace attempt::model {

namespace {

using Shapes = std::vector<TensorShape>;

// Widths of HyperFormer's codes and of the hidden layer of its projection; methods.md section 4.6.
constexpr std::int64_t kHyperCode = 64;
constexpr std::int64_t kHyperHidden = 128;

/// A weight of backbone_shapes() without its ".weight".
std::string stem(const TensorShape& shape) {
  return shape.name.substr(0, shape.name.rfind(".weight"));
}

bool is_in_a_block(const TensorShape& shape) {
  return shape.name.find(".block.") != std::string::npos;
}

bool is_norm(const TensorShape& shape) { return shape.name.ends_with("layer_norm.weight"); }

/// q, k, v, o, wi, wi_0, wi_1 or wo; "" for what is no linear map of a block.
std::string map_kind(const TensorShape& shape) {
  if (!is_in_a_block(shape) || is_norm(shape) ||
      shape.name.find("relative_attention_bias") != std::string::npos) {
    return "";
  }
  const std::string name = stem(shape);
  return name.substr(name.rfind('.') + 1);
}

void add_norms(Shapes& shapes, const T5Config& config) {
  for (const TensorShape& shape : backbone_shapes(config)) {
    if (is_norm(shape)) shapes.push_back(shape);
  }
}

/// The first layers of a stack that adapter_drop leaves without adapters.
std::int64_t dropped_layers(const MethodOptions& options, std::int64_t layers) {
  return options.method == "adapter_drop" ? 5 * layers / 12 : 0;
}

void add_adapter(Shapes& shapes, const std::string& name, std::int64_t d_model, std::int64_t width,
                 bool is_normed = false) {
  shapes.push_back({name + ".down.weight", {width, d_model}});
  shapes.push_back({name + ".down.bias", {width}});
  shapes.push_back({name + ".up.weight", {d_model, width}});
  shapes.push_back({name + ".up.bias", {d_model}});
  if (!is_normed) return;
  shapes.push_back({name + ".gain", {d_model}});
  shapes.push_back({name + ".offset", {d_model}});
}

/// What makes the adapters of one stack from task, layer and position codes.
void add_generator(Shapes& shapes, const std::string& stack, std::int64_t layers,
                   std::int64_t d_model, std::int64_t width) {
  const auto add = [&](const char* name, std::vector<std::int64_t> dims) {
    shapes.push_back({fmt::format("hyper.{}.{}", stack, name), std::move(dims)});
  };
  const auto add_map = [&](const char* matrix, const char* bias, std::int64_t in,
                           std::int64_t out) {
    add(matrix, {out, in});
    add(bias, {out});
  };
  add("layer", {layers, kHyperCode});
  add("position", {2, kHyperCode});
  add_map("W1", "b1", 3 * kHyperCode, kHyperHidden);
  add_map("W2", "b2", kHyperHidden, kHyperCode);
  add("ln_weight", {kHyperCode});
  add("ln_bias", {kHyperCode});
  add_map("Hu", "hu", kHyperCode, d_model * width);
  add_map("Hc", "hc", kHyperCode, d_model);
  add_map("Hd", "hd", kHyperCode, width * d_model);
  add_map("He", "he", kHyperCode, width);
  add_map("Hg", "hg", kHyperCode, d_model);
  add_map("Hb", "hb", kHyperCode, d_model);
}

void add_network(Shapes& shapes, const std::string& name, std::int64_t rows, std::int64_t in,
                 std::int64_t hidden, std::int64_t out) {
  shapes.push_back({name + ".E", {rows, in}});
  shapes.push_back({name + ".W1", {hidden, in}});
  shapes.push_back({name + ".b1", {hidden}});
  shapes.push_back({name + ".W2", {out, hidden}});
  shapes.push_back({name + ".b2", {out}});
}

}  // namespace

std::vector<TensorShape> bitfit_shapes(const MethodOptions& options, const T5Config& config) {
  Shapes shapes;
  if (options.norm_scales_only) {
    add_norms(shapes, config);
    return shapes;
  }
  for (const TensorShape& shape : backbone_shapes(config)) {
    const bool has_norm_bias = options.norms_have_bias && is_norm(shape) && is_in_a_block(shape);
    if (!map_kind(shape).empty() || has_norm_bias) {
      shapes.push_back({stem(shape) + ".bias", {shape.dims[0]}});
    }
  }
  if (options.head_bias) shapes.push_back({"lm_head.bias", {config.vocab_size}});
  return shapes;
}

std::vector<TensorShape> adapter_shapes(const MethodOptions& options, const T5Config& config) {
  Shapes shapes;
  const std::int64_t width = config.d_model / options.adapter_reduction;
  const auto add_stack = [&](const char* stack, std::int64_t layers, int feed_forward) {
    for (std::int64_t i = dropped_layers(options, layers); i < layers; ++i) {
      for (const int sublayer : {0, feed_forward}) {
        const std::string name = fmt::format("{}.block.{}.layer.{}.adapter", stack, i, sublayer);
        if (options.tasks.empty()) add_adapter(shapes, name, config.d_model, width);
        for (const std::string& task : options.tasks)
          add_adapter(shapes, name + "." + task, config.d_model, width, options.adapter_is_normed);
      }
    }
  };
  add_stack("encoder", config.num_layers, 1);
  add_stack("decoder", config.num_decoder_layers, 2);
  add_norms(shapes, config);
  return shapes;
}

std::vector<TensorShape> hyperformer_shapes(const MethodOptions& options, const T5Config& config) {
  const std::int64_t width = config.d_model / options.adapter_reduction;
  Shapes shapes = {{"hyper.task", {static_cast<std::int64_t>(options.tasks.size()), kHyperCode}}};
  add_generator(shapes, "encoder", config.num_layers, config.d_model, width);
  add_generator(shapes, "decoder", config.num_decoder_layers, config.d_model, width);
  add_norms(shapes, config);
  return shapes;
}

std::vector<TensorShape> lora_shapes(const MethodOptions& options, const T5Config& config) {
  Shapes shapes;
  for (const TensorShape& shape : backbone_shapes(config)) {
    std::string kind = map_kind(shape);
    if (kind == "wi_0" || kind == "wi_1") kind = "wi";
    const auto& targets = options.lora_targets;
    if (kind.empty() || std::find(targets.begin(), targets.end(), kind) == targets.end()) continue;
    shapes.push_back({stem(shape) + ".lora_A", {options.lora_rank, shape.dims[1]}});
    shapes.push_back({stem(shape) + ".lora_B", {shape.dims[0], options.lora_rank}});
  }
  return shapes;
}

std::vector<TensorShape> ia3_shapes(const MethodOptions&, const T5Config& config) {
  Shapes shapes;
  for (const TensorShape& shape : backbone_shapes(config)) {
    const std::string kind = map_kind(shape);
    if (kind == "k" || kind == "v") shapes.push_back({stem(shape) + ".ia3", {shape.dims[0]}});
    if (kind == "wo") shapes.push_back({stem(shape) + ".ia3", {shape.dims[1]}});
  }
  return shapes;
}

std::vector<TensorShape> prefix_shapes(const MethodOptions& options, const T5Config& config) {
  Shapes shapes;
  const std::int64_t inner = config.inner_dim();
  const bool has_network = options.method == "prefix_tuning" && options.reparametrise;
  if (options.prefix_layout == PrefixLayout::kPeft) {
    const std::int64_t width = 2 * config.num_decoder_layers * inner;
    if (has_network) {
      add_network(shapes, "prefix.peft", options.prefix_length, inner, options.prefix_hidden,
                  width);
    } else {
      shapes.push_back({"prefix.peft", {options.prefix_length, width}});
    }
    return shapes;
  }
  for (const std::string& site : options.prefix_sites) {
    const std::int64_t layers = site == "encoder" ? config.num_layers : config.num_decoder_layers;
    if (has_network) {
      add_network(shapes, "prefix." + site, options.prefix_length, config.d_model,
                  options.prefix_hidden, 2 * layers * inner);
    } else {
      shapes.push_back({"prefix." + site, {options.prefix_length, layers, 2, inner}});
    }
  }
  if (options.head == PredictionHead::kLinear) {
    shapes.push_back({"head.weight", {options.classes, config.d_model}});
    shapes.push_back({"head.bias", {options.classes}});
  }
  return shapes;
}

}  // namespace attempt::model
