#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attempt::model {

enum class PromptInit { kSampledVocab, kUnitNormal, kRandom, kText, kClassLabels, kFile, kSource };
enum class AttentionKind { kSub, kConstant };
enum class TargetUse { kAddAndMix, kMixOnly, kAddOnly, kNone };
enum class Pooling { kMasked, kAll };
enum class TemperatureRule { kPaper, kNumber, kCalibrated };

/// What a tuning method needs to know besides the backbone; methods.md sections 4 to 7.
/// Options that a method does not use keep their defaults.
struct MethodOptions {
  std::string method;                ///< registry id, e.g. "prompt_tuning"
  std::int64_t prompt_length = 100;  ///< P, rows of an input prompt

  PromptInit init = PromptInit::kSampledVocab;  ///< start of a prompt that is trained from nothing
  std::string init_text;                        ///< for kText
  std::string init_file;                        ///< for kFile: a [P, D] tensor

  AttentionKind attention = AttentionKind::kSub;
  TargetUse target = TargetUse::kAddAndMix;
  Pooling pooling = Pooling::kMasked;
  TemperatureRule temperature_rule = TemperatureRule::kPaper;
  double temperature = 0;       ///< for kNumber
  std::int64_t g_hidden = 100;  ///< r, hidden width of G
  bool g_trainable = true;
  bool g_layer_norm_trained = true;  ///< false: compat = "authors"

  /// Ordered names of the source prompts that the method mixes (ATTEMPT).
  std::vector<std::string> mixed_sources;
  /// Name of the source prompt that the target prompt starts from; empty: `init` decides.
  std::string start_source;
};

}  // namespace attempt::model
