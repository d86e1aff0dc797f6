#include <ATen/ATen.h>
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "model/peft_folder.h"
#include "model/safetensors_writer.h"
#include "model/shapes/method_shapes.h"
#include "model/shapes/model_error.h"

namespace attempt::model {

namespace fs = std::filesystem;

namespace {

struct PeftContent {
  nlohmann::ordered_json config;
  std::vector<NamedTensor> tensors;
};

const at::Tensor* find(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name == name) return &tensor.value;
  }
  return nullptr;
}

/// One submodule: the table has the rows that are used, not twice as many.
PeftContent prompt_content(const at::Tensor& prompt) {
  return {{{"peft_type", "PROMPT_TUNING"},
           {"num_virtual_tokens", prompt.size(0)},
           {"token_dim", prompt.size(1)},
           {"num_transformer_submodules", 1},
           {"prompt_tuning_init", "RANDOM"}},
          {{"prompt_embeddings", prompt}}};
}

/// [Q, L, 2, I] as PEFT's [Q, 2L * I]: slot 4i mod 2L holds the keys of layer i, the next one its
/// values; methods.md section 5.2.
PeftContent prefix_content(const std::string& file, const at::Tensor& prefix, std::int64_t heads) {
  const std::int64_t layers = prefix.size(1);
  const at::Tensor slots =
      at::zeros({prefix.size(0), 2 * layers, prefix.size(3)}, prefix.options());
  std::vector<bool> is_taken(static_cast<std::size_t>(2 * layers), false);
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::int64_t slot = 4 * i % (2 * layers);
    const at::Tensor place = slots.narrow(1, slot, 2);
    const at::Tensor layer = prefix.select(1, i);
    if (is_taken[static_cast<std::size_t>(slot)] && !at::equal(place, layer)) {
      throw ModelError(file, fmt::format("PEFT gives layer {} of T5's decoder the prefix of an "
                                         "earlier layer, and here they differ (train with layout "
                                         "= \"peft\", or export to safetensors)",
                                         i));
    }
    place.copy_(layer);
    is_taken[static_cast<std::size_t>(slot)] = true;
  }
  return {{{"peft_type", "PREFIX_TUNING"},
           {"num_virtual_tokens", prefix.size(0)},
           {"num_layers", layers},
           {"num_attention_heads", heads},
           {"token_dim", prefix.size(3)},
           {"num_transformer_submodules", 2},
           {"encoder_hidden_size", prefix.size(3)},
           {"prefix_projection", false}},
          {{"prompt_embeddings", slots.flatten(1)}}};
}

PeftContent lora_content(const MethodOptions& options, const std::vector<NamedTensor>& tensors) {
  PeftContent content;
  std::vector<std::string> targets;
  for (const std::string& target : options.lora_targets) {
    const auto is_there = [&](const std::string& end) {
      for (const NamedTensor& tensor : tensors) {
        if (tensor.name.ends_with(end + ".lora_A")) return true;
      }
      return false;
    };
    for (const std::string& name : {target, target + "_0", target + "_1"}) {
      if (is_there("." + name)) targets.push_back(name);
    }
  }
  content.config = {
      {"peft_type", "LORA"},     {"r", options.lora_rank},    {"lora_alpha", options.lora_alpha},
      {"lora_dropout", 0.0},     {"target_modules", targets}, {"bias", "none"},
      {"fan_in_fan_out", false}, {"init_lora_weights", true}};
  for (const NamedTensor& tensor : tensors) {
    content.tensors.push_back({"base_model.model." + tensor.name + ".weight", tensor.value});
  }
  return content;
}

/// Vectors behind a map are [I, 1], those in front of one [1, F].
PeftContent ia3_content(const std::vector<NamedTensor>& tensors) {
  PeftContent content;
  content.config = {{"peft_type", "IA3"},
                    {"target_modules", {"k", "v", "wo"}},
                    {"feedforward_modules", {"wo"}},
                    {"fan_in_fan_out", false},
                    {"init_ia3_weights", true}};
  constexpr std::string_view kEnd = ".ia3";
  for (const NamedTensor& tensor : tensors) {
    const std::string module = tensor.name.substr(0, tensor.name.size() - kEnd.size());
    const bool is_input = module.ends_with(".wo");
    content.tensors.push_back(
        {"base_model.model." + module + ".ia3_l", tensor.value.unsqueeze(is_input ? 0 : 1)});
  }
  return content;
}

PeftContent content_of(const std::string& file, const MethodOptions& options,
                       const std::vector<NamedTensor>& tensors, std::int64_t heads) {
  const std::string method = single_task_form(folded_options(options).method);
  const auto refuse = [&](const std::string& why) {
    return ModelError(file, "cannot become a PEFT adapter (" + why + ")");
  };
  if (method == "lora") return lora_content(options, tensors);
  if (method == "ia3") return ia3_content(tensors);
  if (method == "prompt_tuning" || method == "spot") {
    const at::Tensor* prompt = find(tensors, "prompt");
    if (prompt == nullptr) throw refuse("PEFT has no prompts of every encoder layer");
    if (options.placement != PromptPlacement::kPrefix) {
      throw refuse("PEFT puts a prompt in front of the text and this one stands elsewhere");
    }
    return prompt_content(*prompt);
  }
  if (method == "prefix_tuning" || method == "p_tuning_v2") {
    const at::Tensor* prefix = find(tensors, "prefix.decoder");
    if (prefix == nullptr || tensors.size() != 1) {
      throw refuse(
          "PEFT's prefix tuning reaches T5's decoder self-attention only, and this one "
          "has other places too. Train with layout = \"peft\"");
    }
    if (options.prefix_bias_is_zero) throw refuse("its prefix has no position bias");
    return prefix_content(file, *prefix, heads);
  }
  if (method == "attempt") {
    throw refuse(
        "its prompt is mixed anew for every example. `--format safetensors` writes its "
        "target prompt");
  }
  throw refuse("PEFT has no adapter like '" + options.method + "'");
}

}  // namespace

void write_peft_folder(const fs::path& folder, const MethodOptions& options,
                       const std::vector<NamedTensor>& tensors, const PeftBase& base) {
  const PeftContent content = content_of(base.file, options, tensors, base.heads);
  nlohmann::ordered_json config = {{"base_model_name_or_path", base.name},
                                   {"task_type", "SEQ_2_SEQ_LM"},
                                   {"inference_mode", true}};
  config.update(content.config);
  fs::create_directories(folder);
  write_safetensors(folder / "adapter_model.safetensors", content.tensors);
  std::ofstream out(folder / "adapter_config.json");
  out << config.dump(2) << '\n';
  out.close();
  if (!out) throw ModelError(folder.string(), "cannot be written (disk full, no rights?)");
}

}  // namespace attempt::model
