#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attempt::model {

enum class PromptInit { kSampledVocab, kUnitNormal, kRandom, kText, kClassLabels, kFile, kSource };
enum class AttentionKind { kSub, kConstant, kLinear, kDot, kToken, kCrossPrompt };
enum class TargetUse { kAddAndMix, kMixOnly, kAddOnly, kNone };
enum class Pooling { kMasked, kAll };
enum class TemperatureRule { kPaper, kNumber, kCalibrated, kLearned };

/// What a trained prompt goes through: nothing, or a network that is folded away after training.
enum class PromptEncoderKind { kNone, kMlp, kLstm };

/// Where ATTEMPT's instance prompts enter: at the input; at every encoder layer with prompts of its
/// own; at every layer as the input's prompt times a trained gain.
enum class DeepKind { kOff, kPrompts, kGains };
enum class DeepMode { kReplace, kAdd };
enum class DeepAttention { kShared, kPerLayer };

enum class PrefixLayout { kFull, kPeft };

/// Where an input prompt stands: in front of the tokens; between the last token and the padding; in
/// three parts, before the text, in front of its second field and behind it.
enum class PromptPlacement { kPrefix, kSuffix, kBetween };
/// What fills a prompt that is longer than its text: vocabulary rows, or the text again.
enum class TextFill { kSampledVocab, kRepeat };
/// What predicts: the decoder's text, or a linear map of its first state to the task's classes.
enum class PredictionHead { kText, kLinear };
/// Which target prompts a step moves: all, or those of the batch's tasks.
enum class TargetUpdate { kDense, kPresentRows };

/// What a tuning method needs to know besides the backbone; methods.md sections 4 to 7.
/// Options that a method does not use keep their defaults.
struct MethodOptions {
  std::string method;                ///< registry id, e.g. "prompt_tuning"
  std::int64_t prompt_length = 100;  ///< P, rows of an input prompt
  /// Names of the tasks that are trained together, in the order of Batch::task_ids; empty for a
  /// single-task method.
  std::vector<std::string> tasks;

  PromptInit init = PromptInit::kSampledVocab;   ///< start of a prompt that is trained from nothing
  std::string init_text;                         ///< for kText
  std::string init_file;                         ///< for kFile: a [P, D] tensor
  TextFill text_fill = TextFill::kSampledVocab;  ///< for kText
  std::vector<std::string> init_words;  ///< for kClassLabels: words instead of the task's labels
  PromptPlacement placement = PromptPlacement::kPrefix;  ///< prompt_tuning, p_tuning
  std::vector<std::int64_t> placement_rows;              ///< for kBetween: rows of the three parts

  AttentionKind attention = AttentionKind::kSub;
  TargetUse target = TargetUse::kAddAndMix;
  Pooling pooling = Pooling::kMasked;
  TemperatureRule temperature_rule = TemperatureRule::kPaper;
  double temperature = 0;       ///< for kNumber
  std::int64_t g_hidden = 100;  ///< r, hidden width of G
  bool g_trainable = true;
  bool g_layer_norm_trained = true;   ///< false: compat = "authors"
  bool g_reloads_fresh_norm = false;  ///< G is tested with a fresh LayerNorm: compat = "authors"
  bool sources_trainable = false;
  bool g_exclude_own = false;  ///< a row does not attend to the source prompt of its own task
  TargetUpdate target_update = TargetUpdate::kDense;  ///< several tasks

  /// Ordered names of the source prompts that the method mixes (ATTEMPT).
  std::vector<std::string> mixed_sources;
  /// Name of the source prompt that the target prompt starts from; empty: `init` decides.
  std::string start_source;
  /// The same for every task of `tasks`.
  std::vector<std::string> task_start_sources;

  /// The network of P-Tuning, or the residual one of a target prompt (section 7.3).
  PromptEncoderKind prompt_encoder = PromptEncoderKind::kNone;
  std::int64_t encoder_hidden = 0;  ///< its width; 0: the method's own default

  bool is_deep = false;            ///< prompt_tuning: a prompt for every encoder layer
  DeepKind deep = DeepKind::kOff;  ///< attempt
  DeepMode deep_mode = DeepMode::kReplace;
  DeepAttention deep_attention = DeepAttention::kShared;
  std::vector<std::int64_t> deep_layers;  ///< encoder layers that get prompts; empty: all

  std::int64_t lora_rank = 8;
  double lora_alpha = 8;
  std::vector<std::string> lora_targets = {"q", "v"};  ///< of q, k, v, o, wi, wo
  double lora_dropout = 0;                             ///< on the input of the change

  std::int64_t adapter_reduction = 32;  ///< bottleneck width = D // reduction
  bool adapter_is_normed = false;  ///< a folded hyperformer: adapters with norm, gain and offset

  bool fold = false;            ///< bitfit, hyperformer: saved in a form that is cheaper to apply
  bool norms_have_bias = true;  ///< bitfit; false: folded into the maps that the norms feed

  bool head_bias = true;          ///< bitfit: also a bias on the output layer
  bool norm_scales_only = false;  ///< bitfit: no biases, the RMS vectors instead

  std::int64_t prefix_length = 20;   ///< Q
  std::int64_t prefix_hidden = 512;  ///< h of the reparametrisation
  bool reparametrise = true;
  PrefixLayout prefix_layout = PrefixLayout::kFull;
  std::vector<std::string> prefix_sites = {"encoder", "decoder", "cross"};
  bool prefix_bias_is_zero = false;
  double prefix_dropout = 0;

  PredictionHead head = PredictionHead::kText;  ///< p_tuning_v2
  std::int64_t classes = 0;                     ///< C, for kLinear

  bool operator==(const MethodOptions&) const = default;
};

}  // namespace attempt::model
