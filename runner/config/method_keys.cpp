#include "runner/config/key_groups.h"

namespace attempt::config {

std::vector<Key> method_keys() {
  std::vector<Key> keys;
  const auto add_optimizer = [&](const std::string& section, const char* rate, const char* decay) {
    keys.push_back({.section = section,
                    .name = "learning_rate",
                    .kind = Kind::kNumber,
                    .default_value = rate,
                    .minimum = 0,
                    .above_minimum = true,
                    .maximum = 1e6,
                    .help = "peak rate"});
    keys.push_back({.section = section,
                    .name = "weight_decay",
                    .kind = Kind::kNumber,
                    .default_value = decay,
                    .minimum = 0,
                    .maximum = 1e3,
                    .help = "decoupled weight decay"});
    keys.push_back({.section = section,
                    .name = "optimizer",
                    .kind = Kind::kWord,
                    .default_value = "\"adamw\"",
                    .words = {"adamw", "adafactor"},
                    .help = "optimiser"});
  };
  const auto add_length = [&](const std::string& section) {
    keys.push_back({.section = section,
                    .name = "prompt_length",
                    .kind = Kind::kInteger,
                    .default_value = "100",
                    .unit = "rows",
                    .minimum = 1,
                    .maximum = 1e5,
                    .help = "rows of the prompt"});
  };
  const auto add_init_file = [&](const std::string& section) {
    keys.push_back({.section = section,
                    .name = "init_file",
                    .kind = Kind::kPath,
                    .default_value = "\"\"",
                    .may_be_axis = true,
                    .help = "safetensors, npy, h5 or pt file with a [rows, d_model] tensor, for "
                            "the start from a file"});
  };
  add_optimizer("method.fine_tuning", "0.0003", "0.0");

  const std::string prompt = "method.prompt_tuning";
  add_optimizer(prompt, "0.3", "1e-5");
  add_length(prompt);
  keys.push_back(
      {.section = prompt,
       .name = "init",
       .kind = Kind::kWord,
       .default_value = "\"sampled_vocab\"",
       .words = {"sampled_vocab", "random", "unit_normal", "text", "class_labels", "file"},
       .help = "start of the prompt"});
  keys.push_back({.section = prompt,
                  .name = "init_text",
                  .kind = Kind::kText,
                  .default_value = "\"\"",
                  .help = "the text of init = \"text\""});
  add_init_file(prompt);

  const std::string spot = "method.spot";
  add_optimizer(spot, "0.3", "0.0");
  add_length(spot);
  keys.push_back({.section = spot,
                  .name = "choose",
                  .kind = Kind::kWord,
                  .default_value = "\"fixed\"",
                  .words = {"fixed"},
                  .help = "how the source prompt is chosen: the named one"});
  keys.push_back({.section = spot,
                  .name = "source",
                  .kind = Kind::kText,
                  .default_value = "\"mnli\"",
                  .help = "source prompt to start from"});
  keys.push_back({.section = spot,
                  .name = "source_qa",
                  .kind = Kind::kText,
                  .default_value = "\"squad\"",
                  .help = "source prompt to start from on question answering"});

  const std::string attempt = "method.attempt";
  add_optimizer(attempt, "0.3", "0.0");
  keys.push_back({.section = attempt,
                  .name = "learning_rate_g",
                  .kind = Kind::kNumber,
                  .default_value = "0.3",
                  .minimum = 0,
                  .above_minimum = true,
                  .maximum = 1e6,
                  .help = "peak rate of the attention network G"});
  add_length(attempt);
  keys.push_back({.section = attempt,
                  .name = "sources",
                  .kind = Kind::kNames,
                  .default_note = "all of [sources], in order",
                  .help = "source prompts that are mixed"});
  keys.push_back({.section = attempt,
                  .name = "attention",
                  .kind = Kind::kWord,
                  .default_value = "\"sub\"",
                  .words = {"sub", "constant"},
                  .help = "the paper's network G; or uniform weights"});
  keys.push_back({.section = attempt,
                  .name = "target",
                  .kind = Kind::kWord,
                  .default_value = "\"add_and_mix\"",
                  .words = {"add_and_mix", "mix_only", "add_only", "none"},
                  .help = "the target prompt is added and mixed, only one of the two, or absent"});
  keys.push_back({.section = attempt,
                  .name = "target_init",
                  .kind = Kind::kText,
                  .default_value = "\"auto\"",
                  .help = "start of the target prompt: auto (mnli; squad on question answering), "
                          "first (first listed source), the name of a source prompt, "
                          "sampled_vocab, random, unit_normal, file"});
  add_init_file(attempt);
  keys.push_back({.section = attempt,
                  .name = "temperature",
                  .kind = Kind::kNumber,
                  .default_value = "\"paper\"",
                  .words = {"paper", "calibrated"},
                  .minimum = 0,
                  .above_minimum = true,
                  .maximum = 1e12,
                  .help = "divides the scores; paper: floor(d_model * e); calibrated: measured on "
                          "the source tasks, so that scores differ by about 0.4"});
  keys.push_back({.section = attempt,
                  .name = "g_hidden",
                  .kind = Kind::kInteger,
                  .default_value = "100",
                  .unit = "units",
                  .minimum = 1,
                  .maximum = 1e5,
                  .help = "hidden width of G"});
  keys.push_back({.section = attempt,
                  .name = "g_trainable",
                  .kind = Kind::kBoolean,
                  .default_value = "true",
                  .help = "false: G stays as it was drawn"});
  keys.push_back({.section = attempt,
                  .name = "g_layer_norm_trained",
                  .kind = Kind::kBoolean,
                  .default_value = "true",
                  .help = "false: as in the authors' code"});
  keys.push_back({.section = attempt,
                  .name = "pooling",
                  .kind = Kind::kWord,
                  .default_value = "\"masked\"",
                  .words = {"masked", "all"},
                  .help = "tokens whose maximum feeds G: those of the text, or padding too"});
  return keys;
}

}  // namespace attempt::config
