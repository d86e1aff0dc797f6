#include "model/peft_folder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

#include "model/safetensors.h"
#include "model/shapes/model_error.h"
#include "model/shapes/peft_config.h"
#include "model/torch_file.h"

namespace attempt::model {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kHead = "base_model.model.";  // what PEFT puts before a module's name

std::vector<NamedTensor> read_safetensors(const fs::path& path) {
  const SafetensorsFile file(path);
  std::vector<NamedTensor> tensors;
  for (const std::string& name : file.names()) {
    tensors.push_back({name, file.tensor(name)});
  }
  return tensors;
}

struct Weights {
  fs::path path;
  std::vector<NamedTensor> tensors;

  std::optional<at::Tensor> find(const std::string& name) const {
    for (const NamedTensor& tensor : tensors) {
      if (tensor.name == name) return tensor.value;
    }
    return std::nullopt;
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw ModelError(path.string(), problem);
  }
};

Weights read_weights(const fs::path& folder) {
  Weights weights{folder / "adapter_model.safetensors", {}};
  if (fs::exists(weights.path)) {
    weights.tensors = read_safetensors(weights.path);
  } else {
    weights.path = folder / "adapter_model.bin";
    if (!fs::exists(weights.path)) {
      weights.fail("is not there, nor is adapter_model.safetensors (a PEFT folder has one)");
    }
    weights.tensors = read_torch_file(weights.path);
  }
  for (NamedTensor& tensor : weights.tensors) {
    if (!tensor.value.is_floating_point() || tensor.value.numel() == 0) {
      weights.fail("tensor '" + tensor.name + "' holds no floating-point values");
    }
    tensor.value = tensor.value.to(at::kFloat).contiguous();
  }
  return weights;
}

/// The table of prompt rows. PEFT gives an encoder-decoder twice the rows and uses the first half;
/// methods.md section 5.1.
at::Tensor prompt_rows(const Weights& weights, const PeftConfig& config, ImportedAdapter& adapter) {
  const auto table = weights.find("prompt_embeddings");
  if (!table) weights.fail("tensor 'prompt_embeddings' is missing");
  if (table->dim() != 2) {
    weights.fail(
        fmt::format("tensor 'prompt_embeddings' has {} dimensions (expected 2)", table->dim()));
  }
  const std::int64_t rows = table->size(0);
  const bool is_double = rows == config.virtual_tokens * 2 && config.submodules == 2;
  if (rows != config.virtual_tokens && !is_double) {
    weights.fail(fmt::format("tensor 'prompt_embeddings' has {} rows (adapter_config.json says {})",
                             rows, config.virtual_tokens));
  }
  if (is_double) {
    adapter.notes.push_back(fmt::format("the table has {} rows, of which PEFT uses the first {}",
                                        rows, config.virtual_tokens));
  }
  return table->narrow(0, 0, config.virtual_tokens).contiguous();
}

void read_prompt(const Weights& weights, const PeftConfig& config, ImportedAdapter& adapter) {
  adapter.options.method = "prompt_tuning";
  adapter.options.prompt_length = config.virtual_tokens;
  adapter.tensors = {{"prompt", prompt_rows(weights, config, adapter)}};
  for (const NamedTensor& tensor : weights.tensors) {
    if (tensor.name == "prompt_embeddings") continue;
    if (config.kind != PeftKind::kDept) weights.fail("tensor '" + tensor.name + "' is unknown");
    adapter.notes.push_back(
        fmt::format("'{}' {} left out: DePT's change of the input embeddings is not the prompt",
                    tensor.name, tensor.value.sizes().vec()));
  }
  if (config.kind == PeftKind::kDept && weights.tensors.size() == 1) {
    adapter.notes.push_back("DePT's change of the input embeddings is not in this folder");
  }
}

/// [Q, 2L * I] -> [Q, L, 2, I]: layer i gets the slots that PEFT gives it; methods.md section 5.2.
void read_prefix(const Weights& weights, const PeftConfig& config, ImportedAdapter& adapter) {
  const std::int64_t layers = config.layers;
  const std::int64_t token_dim = config.token_dim;
  if (layers < 1 || token_dim < 1) {
    weights.fail("has no shape (adapter_config.json lacks 'num_layers' or 'token_dim')");
  }
  const auto table = weights.find("prompt_embeddings");
  if (!table) weights.fail("tensor 'prompt_embeddings' is missing");
  if (table->dim() != 2 || table->size(0) != config.virtual_tokens ||
      table->size(1) != 2 * layers * token_dim) {
    weights.fail(
        fmt::format("tensor 'prompt_embeddings' has shape {} (adapter_config.json says "
                    "{} tokens, {} layers of {})",
                    table->sizes().vec(), config.virtual_tokens, layers, token_dim));
  }
  std::vector<std::int64_t> slots;
  for (std::int64_t i = 0; i < layers; ++i) {
    slots.push_back(2 * config.submodules * i % (2 * layers));
    slots.push_back((2 * config.submodules * i + 1) % (2 * layers));
  }
  adapter.options.method = "prefix_tuning";
  adapter.options.prefix_length = config.virtual_tokens;
  adapter.options.prefix_layout = PrefixLayout::kPeft;
  adapter.options.reparametrise = false;
  adapter.options.prefix_sites = {"decoder"};
  adapter.tensors = {{"prefix.decoder", table->view({config.virtual_tokens, 2 * layers, token_dim})
                                            .index_select(1, at::tensor(slots, at::kLong))
                                            .view({config.virtual_tokens, layers, 2, token_dim})}};
  if (config.submodules == 2 && layers % 2 == 0) {
    adapter.notes.push_back("layers i and i + L/2 share a prefix, as PEFT places them");
  }
}

/// The module's name of "base_model.model.<module>.<end>"; nothing for other names.
std::optional<std::string> module_of(std::string name, std::initializer_list<const char*> ends) {
  if (!name.starts_with(kHead)) return std::nullopt;
  name.erase(0, kHead.size());
  for (const std::string end : ends) {
    if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
  }
  return std::nullopt;
}

std::string last_word(const std::string& module) { return module.substr(module.rfind('.') + 1); }

void read_lora(const Weights& weights, const PeftConfig& config, ImportedAdapter& adapter) {
  adapter.options.method = "lora";
  adapter.options.lora_rank = config.lora_rank;
  adapter.options.lora_alpha = config.lora_alpha;
  std::set<std::string> found;
  for (const NamedTensor& tensor : weights.tensors) {
    const auto a = module_of(tensor.name, {".lora_A.weight", ".lora_A.default.weight"});
    const auto b = module_of(tensor.name, {".lora_B.weight", ".lora_B.default.weight"});
    if (!a && !b) weights.fail("tensor '" + tensor.name + "' is unknown");
    const std::string module = a ? *a : *b;
    const std::string kind = last_word(module);
    found.insert(kind.starts_with("wi") ? "wi" : kind);
    adapter.tensors.push_back({module + (a ? ".lora_A" : ".lora_B"), tensor.value});
  }
  adapter.options.lora_targets.clear();
  for (const char* kind : {"q", "k", "v", "o", "wi", "wo"}) {
    if (found.erase(kind) > 0) adapter.options.lora_targets.emplace_back(kind);
  }
  if (!found.empty()) {
    weights.fail("changes the map '" + *found.begin() + "' (T5's are q, k, v, o, wi, wo)");
  }
}

void read_ia3(const Weights& weights, ImportedAdapter& adapter) {
  adapter.options.method = "ia3";
  for (const NamedTensor& tensor : weights.tensors) {
    auto module = module_of(tensor.name, {".ia3_l", ".ia3_l.default"});
    if (!module) weights.fail("tensor '" + tensor.name + "' is unknown");
    if (tensor.value.numel() != std::max(tensor.value.size(0), tensor.value.size(-1))) {
      weights.fail(fmt::format("tensor '{}' has shape {} (expected a vector)", tensor.name,
                               tensor.value.sizes().vec()));
    }
    // Scaling what wi_1 gives is scaling what wo takes.
    if (module->ends_with(".wi_1")) module->replace(module->size() - 4, 4, "wo");
    adapter.tensors.push_back({*module + ".ia3", tensor.value.flatten()});
  }
}

}  // namespace

ImportedAdapter read_peft_folder(const fs::path& folder) {
  const PeftConfig config = read_peft_config(folder / "adapter_config.json");
  const Weights weights = read_weights(folder);
  ImportedAdapter adapter;
  adapter.format =
      config.kind == PeftKind::kDept ? "DePT checkpoint" : "PEFT folder, " + config.type;
  adapter.base_model = config.base_model;
  switch (config.kind) {
    case PeftKind::kPromptTuning:
    case PeftKind::kPTuning:
    case PeftKind::kDept:
      read_prompt(weights, config, adapter);
      break;
    case PeftKind::kPrefixTuning:
      read_prefix(weights, config, adapter);
      break;
    case PeftKind::kLora:
      read_lora(weights, config, adapter);
      break;
    case PeftKind::kIa3:
      read_ia3(weights, adapter);
      break;
  }
  return adapter;
}

}  // namespace attempt::model
