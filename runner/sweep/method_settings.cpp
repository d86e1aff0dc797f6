#include "runner/sweep/method_settings.h"

#include "datasets/task.h"
#include "model/shapes/method_shapes.h"
#include "runner/sweep/option_names.h"

namespace attempt::sweep {
namespace {

/// Copies settings into options where the method has them.
class OptionCopier {
 public:
  explicit OptionCopier(const Settings& settings) : settings_(settings) {}

  void copy(const char* key, std::string& option) const {
    if (has(key)) option = settings_.text(path(key));
  }
  void copy(const char* key, bool& option) const {
    if (has(key)) option = settings_.boolean(path(key));
  }
  /// A word leaves the option's default.
  void copy(const char* key, std::int64_t& option) const {
    option = settings_.integer_or(path(key), option);
  }
  void copy(const char* key, double& option) const {
    if (has(key)) option = settings_.number(path(key));
  }
  void copy(const char* key, std::vector<std::string>& option) const {
    if (!has(key)) return;
    option.clear();
    for (const config::Value& name : settings_.at(path(key)).value.array()) {
      option.push_back(name.text());
    }
  }
  void copy(const char* key, std::vector<std::int64_t>& option) const {
    if (!has(key)) return;
    option.clear();
    for (const config::Value& number : settings_.at(path(key)).value.array()) {
      option.push_back(number.integer());
    }
  }
  template <typename Enum>
  void word(const char* key, Enum& option) const {
    if (has(key)) option = option_from_name<Enum>(settings_.text(path(key)));
  }
  bool has(const char* key) const { return settings_.has(path(key)); }
  bool has_word(const char* key) const { return has(key) && settings_.is_word(path(key)); }

 private:
  static std::string path(const char* key) { return std::string("method.") + key; }

  const Settings& settings_;
};

void copy_attention(const OptionCopier& from, model::MethodOptions& options) {
  from.word("attention", options.attention);
  from.word("target", options.target);
  from.word("pooling", options.pooling);
  from.copy("g_hidden", options.g_hidden);
  from.copy("g_trainable", options.g_trainable);
  from.copy("g_layer_norm_trained", options.g_layer_norm_trained);
  std::string reload;
  from.copy("g_reload", reload);
  options.g_reloads_fresh_norm = reload == "fresh_layer_norm";
  from.copy("sources_trainable", options.sources_trainable);
  from.word("deep", options.deep);
  from.word("deep_mode", options.deep_mode);
  from.word("deep_attention", options.deep_attention);
  from.copy("layers", options.deep_layers);
  from.copy("g_exclude_own", options.g_exclude_own);
  from.word("target_update", options.target_update);
  if (from.has_word("temperature")) {
    from.word("temperature", options.temperature_rule);
  } else if (from.has("temperature")) {
    options.temperature_rule = model::TemperatureRule::kNumber;
    from.copy("temperature", options.temperature);
  }
}

void copy_prefix(const OptionCopier& from, const model::T5Config& config,
                 model::MethodOptions& options) {
  from.copy("prompt_length", options.prefix_length);
  from.copy("hidden", options.prefix_hidden);
  if (from.has_word("hidden")) options.prefix_hidden = config.d_model;
  from.copy("reparametrise", options.reparametrise);
  from.word("layout", options.prefix_layout);
  from.copy("sites", options.prefix_sites);
  from.copy("prefix_dropout", options.prefix_dropout);
  std::string bias;
  from.copy("prefix_bias", bias);
  options.prefix_bias_is_zero = bias == "zero";
}

}  // namespace

bool is_prefix_method(const std::string& method) {
  const std::string base = model::single_task_form(method);
  return base == "prefix_tuning" || base == "p_tuning_v2";
}

model::MethodOptions method_options(const Draft& draft, const Settings& settings,
                                    const model::T5Config& config,
                                    const datasets::Task& first_task) {
  const OptionCopier from(settings);
  model::MethodOptions options;
  options.method = draft.method;
  if (model::is_multi_task(draft.method)) options.tasks = draft.tasks;
  from.copy("init_text", options.init_text);
  from.copy("init_file", options.init_file);
  from.word("text_fill", options.text_fill);
  from.copy("init_words", options.init_words);
  from.word("placement", options.placement);
  from.copy("placement_rows", options.placement_rows);
  from.copy("fold", options.fold);
  from.word("init", options.init);
  std::string start;
  from.copy("target_init", start);
  if (start == "sampled_vocab" || start == "random" || start == "unit_normal" || start == "file") {
    options.init = option_from_name<model::PromptInit>(start);
  }
  for (const char* encoder : {"prompt_encoder", "target_encoder", "encoder"}) {
    from.word(encoder, options.prompt_encoder);
  }
  from.copy("encoder_hidden", options.encoder_hidden);
  if (model::single_task_form(draft.method) == "attempt") {
    copy_attention(from, options);
  } else {
    std::string depth;
    from.copy("depth", depth);
    options.is_deep = depth == "every_layer";
  }
  if (is_prefix_method(draft.method)) {
    copy_prefix(from, config, options);
  } else {
    from.copy("prompt_length", options.prompt_length);
  }
  if (options.placement == model::PromptPlacement::kBetween && options.placement_rows.empty()) {
    const std::int64_t third = options.prompt_length / 3;
    options.placement_rows = {options.prompt_length - 2 * third, third, third};
  }
  from.copy("rank", options.lora_rank);
  from.copy("alpha", options.lora_alpha);
  from.copy("targets", options.lora_targets);
  from.copy("dropout", options.lora_dropout);
  from.copy("reduction", options.adapter_reduction);
  from.copy("head_bias", options.head_bias);
  from.copy("norm_scales", options.norm_scales_only);
  from.word("head", options.head);
  if (options.head == model::PredictionHead::kLinear) {
    options.classes = static_cast<std::int64_t>(first_task.label_texts.size());
  }
  return options;
}

}  // namespace attempt::sweep
