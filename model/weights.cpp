#include "model/weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "model/safetensors.h"
#include "model/shapes/method_shapes.h"
#include "model/shapes/model_error.h"

namespace attempt::model {

namespace fs = std::filesystem;

namespace {

/// The safetensors files of a backbone, and which of them holds which tensor.
struct WeightFiles {
  std::vector<std::unique_ptr<SafetensorsFile>> files;
  std::vector<std::string> paths;
  std::map<std::string, std::size_t> file_of;
};

void add_file(WeightFiles& weights, const fs::path& path) {
  weights.files.push_back(std::make_unique<SafetensorsFile>(path));
  weights.paths.push_back(path.string());
  for (const std::string& name : weights.files.back()->names()) {
    if (!weights.file_of.emplace(name, weights.files.size() - 1).second) {
      throw ModelError(path.string(), fmt::format("tensor '{}' stands in another shard too", name));
    }
  }
}

std::set<std::string> shards_of_index(const fs::path& index) {
  std::ifstream in(index);
  const nlohmann::json json = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
    throw ModelError(index.string(), "has no weight_map (not the index of a sharded checkpoint)");
  }
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : json["weight_map"].items()) {
    if (!shard.is_string() || shard.get<std::string>().find('/') != std::string::npos) {
      throw ModelError(index.string(),
                       fmt::format("weight_map of '{}' does not name a file beside it", tensor));
    }
    shards.insert(shard.get<std::string>());
  }
  if (shards.empty()) throw ModelError(index.string(), "has an empty weight_map");
  return shards;
}

WeightFiles open_files(const fs::path& folder) {
  WeightFiles weights;
  const fs::path single = folder / "model.safetensors";
  const fs::path index = folder / "model.safetensors.index.json";
  if (fs::exists(single)) {
    add_file(weights, single);
  } else if (fs::exists(index)) {
    for (const std::string& shard : shards_of_index(index)) add_file(weights, folder / shard);
  } else {
    throw ModelError(
        folder.string(),
        "holds neither model.safetensors nor model.safetensors.index.json (the weights). "
        "Convert a .bin checkpoint with `save_pretrained(..., safe_serialization=True)`");
  }
  return weights;
}

/// Copies and left-overs that Hugging Face files carry beside the tensors that are used.
bool is_ignored(const std::string& name, const T5Config& config) {
  return name == "encoder.embed_tokens.weight" || name == "decoder.embed_tokens.weight" ||
         (name == "lm_head.weight" && config.tie_word_embeddings) ||
         name == "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight";
}

}  // namespace

TensorMap read_weights(const fs::path& folder, const T5Config& config, at::ScalarType type) {
  const WeightFiles weights = open_files(folder);
  TensorMap tensors;
  for (const TensorShape& expected : backbone_shapes(config)) {
    std::string stored = expected.name;
    if (expected.name == "shared.weight" && !weights.file_of.contains(stored)) {
      stored = "encoder.embed_tokens.weight";  // some exports keep only this copy
    }
    const auto found = weights.file_of.find(stored);
    if (found == weights.file_of.end()) {
      throw ModelError(weights.paths.front(),
                       fmt::format("tensor '{}' is missing (config.json asks for it, shape {})",
                                   expected.name, expected.dims));
    }
    const SafetensorsFile& file = *weights.files[found->second];
    if (file.shape(stored) != expected.dims) {
      throw ModelError(weights.paths[found->second],
                       fmt::format("tensor '{}' has shape {} (config.json says {}). Use the "
                                   "config.json that belongs to these weights",
                                   expected.name, file.shape(stored), expected.dims));
    }
    tensors[expected.name] = file.tensor(stored).to(type);
  }
  for (const auto& [name, file] : weights.file_of) {
    if (!tensors.contains(name) && !is_ignored(name, config)) {
      throw ModelError(
          weights.paths[file],
          fmt::format("tensor '{}' is not part of this T5 (config.json describes {} + {} "
                      "layers). Use the config.json that belongs to these weights",
                      name, config.num_layers, config.num_decoder_layers));
    }
  }
  return tensors;
}

}  // namespace attempt::model
