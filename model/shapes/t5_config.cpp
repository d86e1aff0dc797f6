#include "model/shapes/t5_config.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "model/shapes/model_error.h"

namespace attempt::model {

namespace {

/// Typed access to a config.json that names the key in every complaint.
class ConfigReader {
 public:
  ConfigReader(const nlohmann::json& json, std::string file)
      : json_(json), file_(std::move(file)) {}

  std::int64_t positive(const char* key, std::int64_t fallback = 0) const {
    if (!json_.contains(key)) {
      if (fallback > 0) return fallback;
      throw ModelError(file_, fmt::format("key '{}' is missing (a T5 config.json has it). Use the "
                                          "config.json that came with the weights",
                                          key));
    }
    const nlohmann::json& value = json_[key];
    constexpr std::int64_t kLargest = std::int64_t{1} << 30;
    if (!value.is_number_integer() || value.get<std::int64_t>() <= 0 ||
        value.get<std::int64_t>() > kLargest) {
      refuse(key, "a positive whole number");
    }
    return value.get<std::int64_t>();
  }

  std::int64_t token(const char* key, std::int64_t fallback) const {
    if (!json_.contains(key) || json_[key].is_null()) return fallback;
    if (!json_[key].is_number_integer() || json_[key].get<std::int64_t>() < 0) {
      refuse(key, "a token id");
    }
    return json_[key].get<std::int64_t>();
  }

  double number(const char* key, double fallback) const {
    if (!json_.contains(key)) return fallback;
    if (!json_[key].is_number()) refuse(key, "a number");
    return json_[key].get<double>();
  }

  bool boolean(const char* key, bool fallback) const {
    if (!json_.contains(key)) return fallback;
    if (!json_[key].is_boolean()) refuse(key, "true or false");
    return json_[key].get<bool>();
  }

  std::string text(const char* key, const std::string& fallback) const {
    if (!json_.contains(key)) return fallback;
    if (!json_[key].is_string()) refuse(key, "a string");
    return json_[key].get<std::string>();
  }

  [[noreturn]] void refuse(const char* key, const std::string& expected) const {
    const std::string found = json_.contains(key) ? json_[key].dump() : "left out";
    throw ModelError(file_, fmt::format("key '{}' is {} (expected {})", key, found, expected));
  }

 private:
  const nlohmann::json& json_;
  std::string file_;
};

nlohmann::json read_json(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) {
    throw ModelError(file.string(),
                     "cannot be opened (a backbone is a Hugging Face folder with config.json). "
                     "Check [model] path");
  }
  try {
    return nlohmann::json::parse(in);
  } catch (const nlohmann::json::exception& error) {
    throw ModelError(file.string(), fmt::format("is not JSON ({})", error.what()));
  }
}

}  // namespace

T5Config read_t5_config(const std::filesystem::path& path) {
  const std::filesystem::path file =
      std::filesystem::is_directory(path) ? path / "config.json" : path;
  const nlohmann::json json = read_json(file);
  if (!json.is_object()) throw ModelError(file.string(), "is not a JSON object");
  const ConfigReader reader(json, file.string());

  const std::string type = reader.text("model_type", "t5");
  if (type != "t5" && type != "mt5") reader.refuse("model_type", "\"t5\" or \"mt5\"");

  T5Config config;
  config.vocab_size = reader.positive("vocab_size");
  config.d_model = reader.positive("d_model");
  config.d_kv = reader.positive("d_kv");
  config.num_heads = reader.positive("num_heads");
  config.d_ff = reader.positive("d_ff");
  config.num_layers = reader.positive("num_layers");
  config.num_decoder_layers = reader.positive("num_decoder_layers", config.num_layers);
  config.relative_attention_num_buckets = reader.positive("relative_attention_num_buckets", 32);
  config.relative_attention_max_distance = reader.positive("relative_attention_max_distance", 128);
  config.layer_norm_epsilon = reader.number("layer_norm_epsilon", 1e-6);
  config.dropout_rate = reader.number("dropout_rate", 0.1);
  // transformers 5 writes true whatever the head is, and keeps what false meant under another key;
  // of mT5, whose head is never tied, it keeps nothing.
  config.tie_word_embeddings = reader.boolean("tie_word_embeddings", true) &&
                               reader.boolean("scale_decoder_outputs", true) && type != "mt5";
  config.pad_token_id = reader.token("pad_token_id", 0);
  config.eos_token_id = reader.token("eos_token_id", 1);
  config.decoder_start_token_id = reader.token("decoder_start_token_id", config.pad_token_id);

  const std::string feed_forward = reader.text("feed_forward_proj", "relu");
  if (feed_forward != "relu" && feed_forward != "gated-gelu") {
    reader.refuse("feed_forward_proj", "\"relu\" (T5 v1.0) or \"gated-gelu\" (v1.1)");
  }
  config.is_gated = feed_forward == "gated-gelu";
  if (!(config.dropout_rate >= 0 && config.dropout_rate < 1)) {
    reader.refuse("dropout_rate", "a number from 0 to below 1");
  }
  if (!(config.layer_norm_epsilon > 0)) reader.refuse("layer_norm_epsilon", "a number above 0");
  for (const std::int64_t id :
       {config.pad_token_id, config.eos_token_id, config.decoder_start_token_id}) {
    if (id >= config.vocab_size)
      reader.refuse("vocab_size", "more rows than the special token ids");
  }
  if (config.relative_attention_num_buckets % 4 != 0 ||
      config.relative_attention_max_distance <= config.relative_attention_num_buckets / 2) {
    reader.refuse("relative_attention_num_buckets",
                  "a multiple of 4 below twice relative_attention_max_distance");
  }
  return config;
}

}  // namespace attempt::model
