#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/adapter_file.h"

namespace attempt::model {

/// Reads adapter_config.json and adapter_model.safetensors (or .bin) of a folder that PEFT saved.
/// Untrusted input. @throws ModelError naming file, tensor and reason.
ImportedAdapter read_peft_folder(const std::filesystem::path& folder);

/// What a PEFT folder says of the backbone, besides the trained tensors.
struct PeftBase {
  std::string name;        ///< name or folder of the backbone, as transformers takes it
  std::int64_t heads = 0;  ///< of an attention
  std::string file;        ///< whose tensors these are, for errors
};

/// Writes a folder that PEFT loads (`PeftModel.from_pretrained`): prompt tuning and whatever folds
/// to one prompt (P-Tuning, SPoT), LoRA, IA3, and prefix tuning whose prefixes PEFT's layout can
/// hold.
/// @param tensors  as a trial file keeps them
/// @throws ModelError when PEFT has no adapter that computes the same, saying why.
void write_peft_folder(const std::filesystem::path& folder, const MethodOptions& options,
                       const std::vector<NamedTensor>& tensors, const PeftBase& base);

}  // namespace attempt::model
