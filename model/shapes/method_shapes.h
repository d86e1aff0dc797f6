#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/shapes/method_options.h"
#include "model/shapes/t5_config.h"

namespace attempt::model {

struct TensorShape {
  std::string name;
  std::vector<std::int64_t> dims;

  std::int64_t numel() const;
};

/// Width of the attention between prompts: 4 heads of 16; methods.md section 7.1.
inline constexpr std::int64_t kCrossPromptHeads = 4;
inline constexpr std::int64_t kCrossPromptWidth = 64;

/// Every tensor of a T5 checkpoint by its Hugging Face name; the tied head and the copies that old
/// files carry are not listed. Source: methods.md section 1.
std::vector<TensorShape> backbone_shapes(const T5Config& config);

/// Trained tensors of a method, in the order of the optimiser. `plan` counts parameters from this
/// list and the trainer allocates from it, so the two cannot part.
/// @throws std::invalid_argument on an unknown method id.
std::vector<TensorShape> trained_shapes(const MethodOptions& options, const T5Config& config);

/// Sum of numel() over trained_shapes().
std::int64_t trained_parameter_count(const MethodOptions& options, const T5Config& config);

/// The options under which trained_shapes() are what a trial file keeps of a method: encoders that
/// are folded away after training are left out (methods.md section 10).
MethodOptions folded_options(MethodOptions options);

/// Ids of all methods that exist, in the order of the tables.
const std::vector<std::string>& method_ids();

/// True for the methods that train several tasks together: every `<id>_m`, and hyperformer.
bool is_multi_task(const std::string& method);

/// The method that a multi-task form belongs to, "lora" of "lora_m"; any other id as it is.
std::string single_task_form(const std::string& method);

}  // namespace attempt::model
