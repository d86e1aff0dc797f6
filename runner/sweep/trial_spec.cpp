#include "runner/sweep/trial_spec.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "runner/sweep/option_names.h"

namespace attempt::sweep {
namespace {

using nlohmann::json;

/// One function lists the fields of a struct; writing and reading both follow it, so that no field
/// can be written and not read.
struct Writer {
  json& object;

  template <typename Value>
  void operator()(const char* key, const Value& value) {
    object[key] = value;
  }
  template <typename Enum>
  void word(const char* key, const Enum& value) {
    object[key] = option_name(value);
  }
};

struct Reader {
  const json& object;

  template <typename Value>
  void operator()(const char* key, Value& value) {
    object.at(key).get_to(value);
  }
  void operator()(const char* key, std::optional<std::int64_t>& value) {
    const json& found = object.at(key);
    value = found.is_null() ? std::nullopt : std::optional(found.get<std::int64_t>());
  }
  void operator()(const char* key, std::shared_ptr<const datasets::TaskDefinition>& value) {
    const json& found = object.at(key);
    value.reset();
    if (!found.is_null()) {
      value =
          std::make_shared<const datasets::TaskDefinition>(found.get<datasets::TaskDefinition>());
    }
  }
  template <typename Enum>
  void word(const char* key, Enum& value) {
    value = option_from_name<Enum>(object.at(key).get<std::string>());
  }
};

template <>
void Writer::operator()(const char* key, const std::optional<std::int64_t>& value) {
  object[key] = value ? json(*value) : json(nullptr);
}

template <>
void Writer::operator()(const char* key,
                        const std::shared_ptr<const datasets::TaskDefinition>& value) {
  object[key] = value ? json(*value) : json(nullptr);
}

template <typename Visitor, typename Spec>
void visit_model(Visitor&& field, Spec& spec) {
  field("folder", spec.folder);
  field("precision", spec.precision);
  field("dropout", spec.dropout);
  field("fingerprint", spec.fingerprint);
  field("note", spec.note);
}

template <typename Visitor, typename Spec>
void visit_few_shot(Visitor&& field, Spec& spec) {
  field("k", spec.k);
  field("mode", spec.mode);
  field("selection", spec.selection);
  field("draw", spec.draw);
}

template <typename Visitor, typename Spec>
void visit_task(Visitor&& field, Spec& spec) {
  field("name", spec.name);
  field("max_source_length", spec.max_source_length);
  field("max_target_length", spec.max_target_length);
  field("max_new_tokens", spec.max_new_tokens);
  field("add_prefix", spec.add_prefix);
  field("max_train_examples", spec.max_train_examples);
  field("few_shot", spec.few_shot);
  field("files", spec.files);
  field("definition", spec.definition);
  field("fingerprint", spec.fingerprint);
  field("train_examples", spec.train_examples);
  field("validation_examples", spec.validation_examples);
  field("test_examples", spec.test_examples);
}

template <typename Visitor, typename Spec>
void visit_data(Visitor&& field, Spec& spec) {
  field("root", spec.root);
  field("cache", spec.cache);
  field("compat", spec.compat);
  field("rules", spec.rules);
  field("shuffle", spec.shuffle);
  field("max_bad_rows", spec.max_bad_rows);
  field("strict_counts", spec.strict_counts);
  field("tokenizer", spec.tokenizer);
  field("tokenizer_fingerprint", spec.tokenizer_fingerprint);
}

template <typename Visitor, typename Spec>
void visit_optimizer(Visitor&& field, Spec& spec) {
  field("optimizer", spec.optimizer);
  field("adamw_form", spec.adamw_form);
  field("adafactor_form", spec.adafactor_form);
  field("decay_scope", spec.decay_scope);
  field("learning_rate", spec.learning_rate);
  field("learning_rate_g", spec.learning_rate_g);
  field("learning_rate_encoder", spec.learning_rate_encoder);
  field("weight_decay", spec.weight_decay);
  field("schedule", spec.schedule);
  field("warmup_steps", spec.warmup_steps);
  field("schedule_steps", spec.schedule_steps);
  field("gradient_clip", spec.gradient_clip);
}

template <typename Visitor, typename Spec>
void visit_mixing(Visitor&& field, Spec& spec) {
  field("mixing", spec.mixing);
  field("temperature", spec.temperature);
  field("batches", spec.batches);
  field("selection", spec.selection);
}

template <typename Visitor, typename Spec>
void visit_train(Visitor&& field, Spec& spec) {
  field("total_steps", spec.total_steps);
  field("batch_size", spec.batch_size);
  field("micro_batch", spec.micro_batch);
  field("evaluation_batch_size", spec.evaluation_batch_size);
  field("optimizer", spec.optimizer);
  field("evaluate_every_steps", spec.evaluate_every_steps);
  field("patience", spec.patience);
  field("checkpoint_every_seconds", spec.checkpoint_every_seconds);
  field("scoring", spec.scoring);
  field("label_smoothing", spec.label_smoothing);
  field("length_buckets", spec.length_buckets);
  field("loss_weight", spec.loss_weight);
  field("mixing", spec.mixing);
}

/// Reads options: those that a method does not use may be left out of a file.
struct OptionReader {
  const json& object;

  template <typename Value>
  void operator()(const char* key, Value& value) {
    if (object.contains(key)) object.at(key).get_to(value);
  }
  template <typename Enum>
  void word(const char* key, Enum& value) {
    if (object.contains(key)) value = option_from_name<Enum>(object.at(key).get<std::string>());
  }
};

template <typename Visitor, typename Options>
void visit_method_options(Visitor&& field, Options& options) {
  field("method", options.method);
  field("prompt_length", options.prompt_length);
  field.word("init", options.init);
  field("init_text", options.init_text);
  field("init_file", options.init_file);
  field.word("text_fill", options.text_fill);
  field("init_words", options.init_words);
  field.word("placement", options.placement);
  field("placement_rows", options.placement_rows);
  field("fold", options.fold);
  field.word("attention", options.attention);
  field.word("target", options.target);
  field.word("pooling", options.pooling);
  field.word("temperature_rule", options.temperature_rule);
  field("temperature", options.temperature);
  field("g_hidden", options.g_hidden);
  field("g_trainable", options.g_trainable);
  field("g_layer_norm_trained", options.g_layer_norm_trained);
  field("mixed_sources", options.mixed_sources);
  field("start_source", options.start_source);
  field("tasks", options.tasks);
  field("task_start_sources", options.task_start_sources);
  field("g_reloads_fresh_norm", options.g_reloads_fresh_norm);
  field("sources_trainable", options.sources_trainable);
  field("g_exclude_own", options.g_exclude_own);
  field.word("target_update", options.target_update);
  field.word("prompt_encoder", options.prompt_encoder);
  field("encoder_hidden", options.encoder_hidden);
  field("is_deep", options.is_deep);
  field.word("deep", options.deep);
  field.word("deep_mode", options.deep_mode);
  field.word("deep_attention", options.deep_attention);
  field("deep_layers", options.deep_layers);
  field("lora_rank", options.lora_rank);
  field("lora_alpha", options.lora_alpha);
  field("lora_targets", options.lora_targets);
  field("lora_dropout", options.lora_dropout);
  field("adapter_reduction", options.adapter_reduction);
  field("head_bias", options.head_bias);
  field("norm_scales_only", options.norm_scales_only);
  field("prefix_length", options.prefix_length);
  field("prefix_hidden", options.prefix_hidden);
  field("reparametrise", options.reparametrise);
  field.word("prefix_layout", options.prefix_layout);
  field("prefix_sites", options.prefix_sites);
  field("prefix_bias_is_zero", options.prefix_bias_is_zero);
  field("prefix_dropout", options.prefix_dropout);
  field.word("head", options.head);
  field("classes", options.classes);
}

template <typename Visitor, typename Ref>
void visit_source(Visitor&& field, Ref& ref) {
  field("name", ref.name);
  field("trial_id", ref.trial_id);
  field("path", ref.path);
  field("sha256", ref.sha256);
  field("resize", ref.resize);
}

template <typename Visitor, typename Start>
void visit_tensor_start(Visitor&& field, Start& start) {
  field("tensors", start.tensors);
  field("trial_id", start.trial_id);
  field("path", start.path);
  field("sha256", start.sha256);
}

template <typename Visitor, typename Spec>
void visit_calibration(Visitor&& field, Spec& spec) {
  field("data", spec.data);
  field("task", spec.task);
}

template <typename Visitor, typename Spec>
void visit_trial(Visitor&& field, Spec& spec) {
  field("spec_version", spec.spec_version);
  field("trial_id", spec.trial_id);
  field("phase", spec.phase);
  field("method", spec.method);
  field("variant", spec.variant);
  field("label", spec.label);
  field("tasks", spec.tasks);
  field("seed", spec.seed);
  field("model", spec.model);
  field("data", spec.data);
  field("train", spec.train);
  field("init_file_sha256", spec.init_file_sha256);
  field("sources", spec.sources);
  field("start_choice", spec.start_choice);
  field("starts", spec.starts);
  field("calibration", spec.calibration);
  field("depends_on", spec.depends_on);
  field("trainable_parameters", spec.trainable_parameters);
  field("keep_predictions", spec.keep_predictions);
  field("save_parameters", spec.save_parameters);
  field("comparable", spec.comparable);
  field("synthetic", spec.synthetic);
  field("threads", spec.threads);
  field("config_toml", spec.config_toml);
}

}  // namespace

datasets::Task task_of(const TaskSpec& spec) {
  return spec.definition ? datasets::make_task(spec.name, *spec.definition)
                         : datasets::find_task(spec.name);
}

std::string task_text(const TrialSpec& spec) {
  std::string text;
  for (const TaskSpec& task : spec.tasks) {
    text += (text.empty() ? "" : "+") + task.name;
  }
  return text;
}

void to_json(json& object, const ModelSpec& spec) { visit_model(Writer{object}, spec); }
void from_json(const json& object, ModelSpec& spec) { visit_model(Reader{object}, spec); }
void to_json(json& object, const FewShotSpec& spec) { visit_few_shot(Writer{object}, spec); }
void from_json(const json& object, FewShotSpec& spec) { visit_few_shot(Reader{object}, spec); }
void to_json(json& object, const TaskSpec& spec) { visit_task(Writer{object}, spec); }
void from_json(const json& object, TaskSpec& spec) { visit_task(Reader{object}, spec); }
void to_json(json& object, const DataSpec& spec) { visit_data(Writer{object}, spec); }
void from_json(const json& object, DataSpec& spec) { visit_data(Reader{object}, spec); }
void to_json(json& object, const OptimizerSpec& spec) { visit_optimizer(Writer{object}, spec); }
void from_json(const json& object, OptimizerSpec& spec) { visit_optimizer(Reader{object}, spec); }
void to_json(json& object, const MixingSpec& spec) { visit_mixing(Writer{object}, spec); }
void from_json(const json& object, MixingSpec& spec) { visit_mixing(Reader{object}, spec); }
void to_json(json& object, const TrainSpec& spec) { visit_train(Writer{object}, spec); }
void from_json(const json& object, TrainSpec& spec) { visit_train(Reader{object}, spec); }
void to_json(json& object, const CalibrationTask& task) { visit_calibration(Writer{object}, task); }
void from_json(const json& object, CalibrationTask& task) {
  visit_calibration(Reader{object}, task);
}
void to_json(json& object, const TensorStart& start) { visit_tensor_start(Writer{object}, start); }
void from_json(const json& object, TensorStart& start) {
  visit_tensor_start(Reader{object}, start);
}
void to_json(json& object, const SourceRef& ref) { visit_source(Writer{object}, ref); }
void from_json(const json& object, SourceRef& ref) { visit_source(Reader{object}, ref); }

void to_json(json& object, const TrialSpec& spec) {
  visit_trial(Writer{object}, spec);
  visit_method_options(Writer{object["method_options"]}, spec.method_options);
}

void from_json(const json& object, TrialSpec& spec) {
  const int version = object.at("spec_version").get<int>();
  if (version != TrialSpec{}.spec_version) {
    throw std::invalid_argument("trial specification of version " + std::to_string(version) +
                                " (this program reads version " +
                                std::to_string(TrialSpec{}.spec_version) +
                                "). Use the program that wrote it");
  }
  visit_trial(Reader{object}, spec);
  visit_method_options(OptionReader{object.at("method_options")}, spec.method_options);
}

}  // namespace attempt::sweep
