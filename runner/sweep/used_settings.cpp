#include <string>
#include <vector>

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
  if (settings.text("method.attention") == "constant") {
    drop(settings, {"method.temperature", "method.g_hidden", "method.g_trainable",
                    "method.g_layer_norm_trained", "method.pooling", "method.learning_rate_g"});
  } else if (!settings.boolean("method.g_trainable")) {
    drop(settings, {"method.g_layer_norm_trained", "method.learning_rate_g"});
  }
  if (!has_target) {
    drop(settings, {"method.target_init", "method.init_file"});
  } else if (settings.text("method.target_init") != "file") {
    settings.erase("method.init_file");
  }
}

}  // namespace

void drop_unused(const Draft& draft, const datasets::Task& task, Settings& settings) {
  if (draft.method == "frozen") {
    std::vector<std::string> training = {"model.dropout", "data.shuffle",
                                         "task.max_train_examples"};
    for (const auto& [name, setting] : settings.all()) {
      if (name.starts_with("train.") && name != "train.evaluation_batch_size" &&
          name != "train.scoring") {
        training.push_back(name);
      }
    }
    drop(settings, training);
    return;
  }
  if (draft.method == "prompt_tuning") {
    if (settings.text("method.init") != "text") {
      settings.erase("method.init_text");
    }
    if (settings.text("method.init") != "file") {
      settings.erase("method.init_file");
    }
  } else if (draft.method == "spot") {
    settings.erase(task.is_question_answering() ? "method.source" : "method.source_qa");
  } else if (draft.method == "attempt") {
    drop_of_attempt(settings);
  }
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
