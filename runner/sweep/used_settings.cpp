#include <string>
#include <vector>

#include "model/shapes/method_shapes.h"
#include "runner/sweep/settings.h"

namespace attempt::sweep {
namespace {

void drop(Settings& settings, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    settings.erase(name);
  }
}

void drop_of_attempt(Settings& settings) {
  const bool has_target = settings.text("method.target") != "none";
  const std::string attention = settings.text("method.attention");
  const std::vector<std::string> of_g = {
      "method.g_hidden", "method.g_trainable", "method.g_layer_norm_trained",
      "method.g_reload", "method.g_init",      "method.g_init_file"};
  const bool learns_temperature =
      settings.is_word("method.temperature") && settings.text("method.temperature") == "learned";
  if (attention == "constant") {
    drop(settings, of_g);
    drop(settings, {"method.temperature", "method.pooling", "method.learning_rate_g"});
  } else if (attention == "dot") {
    drop(settings, of_g);
    if (!learns_temperature) settings.erase("method.learning_rate_g");
  } else {
    if (attention == "linear") settings.erase("method.g_hidden");
    if (!settings.boolean("method.g_trainable")) {
      settings.erase("method.g_layer_norm_trained");
      if (!learns_temperature) settings.erase("method.learning_rate_g");
    }
  }
  const bool trains_norm = settings.has("method.g_layer_norm_trained") &&
                           settings.boolean("method.g_layer_norm_trained");
  if (!trains_norm && !settings.has("method.g_init")) settings.erase("method.g_reload");
  if (!has_target) {
    drop(settings, {"method.target_init", "method.init_file", "method.target_encoder",
                    "method.target_update"});
  } else if (settings.text("method.target_init") != "file") {
    settings.erase("method.init_file");
  }
  if (settings.text("method.deep") != "prompts") {
    drop(settings, {"method.deep_mode", "method.deep_attention"});
  }
  if (settings.text("method.deep") == "off") settings.erase("method.layers");
}

void drop_of_spot(const datasets::Task& task, Settings& settings) {
  const std::string choose = settings.text("method.choose");
  if (choose == "fixed") {
    settings.erase(task.is_question_answering() ? "method.source" : "method.source_qa");
    drop(settings, {"method.similarity", "method.probe_steps"});
  } else {
    drop(settings, {"method.source", "method.source_qa"});
  }
  if (choose != "weighted_top_k") drop(settings, {"method.top_k", "method.weights"});
}

/// A prompt's encoder has settings of its own only where there is one.
void drop_of_encoder(Settings& settings) {
  for (const char* name : {"method.prompt_encoder", "method.target_encoder"}) {
    if (settings.has(name) && settings.text(name) != "none") return;
  }
  if (settings.has("method.encoder")) return;
  drop(settings, {"method.encoder_hidden", "method.learning_rate_encoder"});
}

void drop_of_prefix(Settings& settings) {
  if (!settings.boolean("method.reparametrise")) settings.erase("method.hidden");
  if (settings.text("method.layout") == "peft") settings.erase("method.sites");
}

}  // namespace

void drop_unused(const Draft& draft, const datasets::Task& task, Settings& settings) {
  const std::string method = model::single_task_form(draft.method);
  if (draft.tasks.empty()) {
    drop(settings, {"train.mixing", "train.mixing_temperature", "train.batches",
                    "train.max_examples_per_task", "train.loss_weight"});
  } else if (settings.text("train.mixing") != "temperature") {
    settings.erase("train.mixing_temperature");
  }
  // A trial of phase 1 trains what others start from.
  for (const char* start : {"method.init_from", "method.g_init"}) {
    const bool is_start = settings.has(start) && settings.text(start) != "none" &&
                          settings.text(start) != "random" && draft.phase != "source";
    if (!is_start) settings.erase(start);
  }
  if (!settings.has("method.g_init") || settings.text("method.g_init") != "file") {
    settings.erase("method.g_init_file");
  }
  if (method == "frozen") {
    std::vector<std::string> training = {"model.dropout", "data.shuffle",
                                         "task.max_train_examples"};
    for (const auto& [name, setting] : settings.all()) {
      if (name.starts_with("few_shot.")) training.push_back(name);
      if (name.starts_with("train.") && name != "train.evaluation_batch_size" &&
          name != "train.scoring") {
        training.push_back(name);
      }
    }
    drop(settings, training);
    return;
  }
  if (settings.has("method.init_from")) {
    drop(settings, {"method.init", "method.init_text", "method.text_fill", "method.init_words",
                    "method.init_file"});
  }
  if (method == "prompt_tuning" && settings.has("method.init")) {
    const std::string& init = settings.text("method.init");
    if (init != "text") drop(settings, {"method.init_text", "method.text_fill"});
    if (init != "class_labels") settings.erase("method.init_words");
    if (init != "file") settings.erase("method.init_file");
  } else if (method == "spot") {
    drop_of_spot(task, settings);
  } else if (method == "attempt") {
    drop_of_attempt(settings);
  } else if (method == "prefix_tuning") {
    drop_of_prefix(settings);
  } else if (method == "bitfit" && settings.boolean("method.norm_scales")) {
    drop(settings, {"method.head_bias", "method.fold"});
  }
  // What starts from a trial of phase 1 goes on with its parameters as they were trained.
  if (draft.phase == "source") settings.erase("method.fold");
  if (settings.has("method.fold") && !settings.boolean("method.fold"))
    settings.erase("method.fold");
  if (settings.has("method.placement") && settings.text("method.placement") != "between") {
    settings.erase("method.placement_rows");
    const bool is_default = settings.text("method.placement") == "prefix";
    if (method == "p_tuning" && is_default) settings.erase("method.placement");
  }
  // Classes have no vocabulary to spread probability over.
  if (settings.has("method.head") && settings.text("method.head") == "linear") {
    settings.erase("train.label_smoothing");
  }
  drop_of_encoder(settings);
  if (settings.text("method.optimizer") == "adamw") {
    settings.erase("train.adafactor_form");
  } else {
    drop(settings, {"train.adamw_form", "train.gradient_clip"});
  }
  if (settings.number("method.weight_decay") == 0) {
    settings.erase("train.decay_scope");
  }
  if (settings.text("train.schedule") == "constant") {
    settings.erase("train.warmup_steps");
  }
}

}  // namespace attempt::sweep
