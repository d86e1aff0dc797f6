#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace attempt::model {

/// The adapters of PEFT and its relatives that a T5 here can take.
enum class PeftKind { kPromptTuning, kPTuning, kPrefixTuning, kLora, kIa3, kDept };

/// The adapter_config.json of a PEFT folder.
struct PeftConfig {
  PeftKind kind = PeftKind::kPromptTuning;
  std::string type;                 ///< as the file has it, "PROMPT_TUNING"
  std::string base_model;           ///< name or path of the backbone; "" where it says none
  std::int64_t virtual_tokens = 0;  ///< rows of a prompt, or Q of a prefix
  std::int64_t submodules = 1;      ///< num_transformer_submodules: 2 doubles the rows of a prompt
  std::int64_t layers = 0;          ///< of a prefix
  std::int64_t token_dim = 0;       ///< of a prefix: width of a layer's keys
  std::int64_t lora_rank = 0;
  double lora_alpha = 0;  ///< after rank stabilisation: the change is alpha / rank * B A
};

/// Reads an adapter_config.json; untrusted input.
/// @throws ModelError naming the key: what it says cannot be loaded here without another result.
PeftConfig read_peft_config(const std::filesystem::path& path);

}  // namespace attempt::model
