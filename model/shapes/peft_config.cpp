#include "model/shapes/peft_config.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "model/shapes/model_error.h"

namespace attempt::model {

namespace {

struct KindName {
  const char* name;
  PeftKind kind;
};
constexpr KindName kKinds[] = {
    {"PROMPT_TUNING", PeftKind::kPromptTuning},
    {"P_TUNING", PeftKind::kPTuning},
    {"PREFIX_TUNING", PeftKind::kPrefixTuning},
    {"LORA", PeftKind::kLora},
    {"IA3", PeftKind::kIa3},
    {"PROMPT_TUNING_LORA", PeftKind::kDept},
};
constexpr double kLargestNumber = 1e6;  // of rows and ranks

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path.string()) {
    std::ifstream in(path);
    if (!in) fail("cannot be opened (a PEFT folder has it)");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto bounded = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
      if (depth > 8) throw std::runtime_error("nested too deeply");
      return true;
    };
    try {
      json_ = nlohmann::json::parse(text, bounded);
    } catch (const std::exception& error) {
      fail(std::string("is not JSON (") + error.what() + ")");
    }
    if (!json_.is_object()) fail("is not a JSON object");
  }

  /// @return nothing where the key is absent, null, false or empty
  const nlohmann::json* find(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null() || *found == false) return nullptr;
    return (found->is_string() || found->is_structured()) && found->empty() ? nullptr : &*found;
  }

  std::string text(const char* key) const {
    const nlohmann::json* found = find(key);
    if (found == nullptr) return "";
    if (!found->is_string()) fail(fmt::format("'{}' is not a text", key));
    return found->get<std::string>();
  }

  double number(const char* key, double otherwise) const {
    const nlohmann::json* found = find(key);
    if (found == nullptr) return otherwise;
    const double value = found->is_number() ? found->get<double>() : -1;
    if (!(value >= 0 && value <= kLargestNumber)) {
      fail(fmt::format(
          "'{}' is {} (expected a number from 0 to {:.0f})", key,
          found->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, 50),
          kLargestNumber));
    }
    return value;
  }

  std::int64_t whole(const char* key, std::int64_t otherwise) const {
    const double value = number(key, static_cast<double>(otherwise));
    if (value != std::floor(value)) fail(fmt::format("'{}' is not a whole number", key));
    return static_cast<std::int64_t>(value);
  }

  [[noreturn]] void fail(const std::string& problem) const { throw ModelError(path_, problem); }

 private:
  std::string path_;
  nlohmann::json json_;
};

PeftKind kind_of(const Reader& reader, const std::string& type) {
  for (const KindName& known : kKinds) {
    if (type == known.name) return known.kind;
  }
  reader.fail("'peft_type' is '" + type.substr(0, 50) +
              "' (known: PROMPT_TUNING, P_TUNING, PREFIX_TUNING, LORA, IA3, PROMPT_TUNING_LORA)");
}

}  // namespace

PeftConfig read_peft_config(const std::filesystem::path& path) {
  const Reader reader(path);
  PeftConfig config;
  config.type = reader.text("peft_type");
  config.kind = kind_of(reader, config.type);
  config.base_model = reader.text("base_model_name_or_path");
  const std::string task = reader.text("task_type");
  if (!task.empty() && task != "SEQ_2_SEQ_LM") {
    reader.fail("'task_type' is '" + task.substr(0, 50) +
                "' (T5 is an encoder-decoder, SEQ_2_SEQ_LM): an adapter of another kind of model");
  }
  for (const char* key : {"modules_to_save", "rank_pattern", "alpha_pattern", "layers_to_transform",
                          "use_dora", "fan_in_fan_out", "trainable_token_indices", "lora_bias"}) {
    if (reader.find(key) != nullptr) {
      reader.fail(fmt::format("'{}' is set (what it changes cannot be loaded here)", key));
    }
  }
  if (const std::string bias = reader.text("bias"); !bias.empty() && bias != "none") {
    reader.fail("'bias' is '" + bias.substr(0, 50) + "' (only \"none\" can be loaded)");
  }
  config.virtual_tokens = reader.whole("num_virtual_tokens", 0);
  // PEFT gives an encoder-decoder two; the checkpoints of DePT write 1.
  config.submodules = reader.whole("num_transformer_submodules", 2);
  config.layers = reader.whole("num_layers", 0);
  config.token_dim = reader.whole("token_dim", 0);
  config.lora_rank = reader.whole("r", 0);
  config.lora_alpha = reader.number("lora_alpha", 8);
  if (reader.find("use_rslora") != nullptr) {
    config.lora_alpha *= std::sqrt(static_cast<double>(config.lora_rank));
  }
  const bool has_rows = config.kind != PeftKind::kLora && config.kind != PeftKind::kIa3;
  if (has_rows && config.virtual_tokens < 1) {
    reader.fail("'num_virtual_tokens' is missing (how many rows the prompt has)");
  }
  if (config.kind == PeftKind::kLora && config.lora_rank < 1) reader.fail("'r' is missing");
  return config;
}

}  // namespace attempt::model
