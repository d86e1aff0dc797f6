#include "runner/config/key_table.h"

#include <algorithm>

#include "runner/config/value.h"

namespace attempt::config {
namespace {

constexpr double kMaxCount = 1e12;

std::vector<Key> study_keys() {
  return {
      {.section = "sweep",
       .name = "name",
       .default_note = "the file's name",
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "name of the study in tables and logs"},
      {.section = "sweep",
       .name = "seeds",
       .kind = Kind::kIntegers,
       .default_value = "[42]",
       .minimum = 0,
       .maximum = 9007199254740992.0,
       .may_be_axis = false,
       .help = "training seeds; `{ count = 5 }` is 42, 43, 44, 45, 46"},
      {.section = "sweep",
       .name = "keep_predictions",
       .kind = Kind::kBoolean,
       .default_value = "true",
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "store predictions, targets and ids of the test split in the trial files"},
      {.section = "sweep",
       .name = "save_parameters",
       .kind = Kind::kWord,
       .default_value = "\"small\"",
       .words = {"small", "all", "none"},
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "trained tensors in the trial files: all but those of full fine-tuning, all, none "
               "(source prompts are always kept)"},
      {.section = "model",
       .name = "path",
       .kind = Kind::kPath,
       .default_note = "must be given",
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "Hugging Face folder of the backbone: config.json, model.safetensors, spiece.model"},
      {.section = "model",
       .name = "tokenizer",
       .kind = Kind::kPath,
       .default_note = "spiece.model of model.path",
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "SentencePiece model, where the backbone's folder has none"},
      {.section = "model",
       .name = "precision",
       .kind = Kind::kWord,
       .default_value = "\"fp32\"",
       .words = {"fp32", "bf16"},
       .help = "type of frozen weights and activations; trained tensors are always fp32"},
      {.section = "model",
       .name = "dropout",
       .kind = Kind::kNumber,
       .default_note = "dropout_rate of config.json",
       .unit = "probability",
       .minimum = 0,
       .maximum = 0.999,
       .help = "dropout while training, also of the frozen backbone"},
      {.section = "data",
       .name = "root",
       .kind = Kind::kPath,
       .default_value = "\"data\"",
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "folder of the data sets"},
      {.section = "data",
       .name = "cache",
       .kind = Kind::kPath,
       .default_note = "the user's cache folder",
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "folder of tokenised data"},
      {.section = "data",
       .name = "compat",
       .kind = Kind::kWord,
       .default_value = "\"corrected\"",
       .words = {"corrected", "published", "authors"},
       .help = "data and method rules: correct; comparable with published tables; every quirk of "
               "the authors' code"},
      {.section = "data",
       .name = "shuffle",
       .kind = Kind::kBoolean,
       .default_value = "true",
       .help = "false: training rows in file order, for comparisons step by step"},
      {.section = "data",
       .name = "max_train_examples",
       .kind = Kind::kInteger,
       .default_note = "the task's own cap (Yelp 100,000, others none)",
       .unit = "examples",
       .words = {"all"},
       .minimum = 1,
       .maximum = kMaxCount,
       .help = "first rows of the training split that are used"},
      {.section = "data",
       .name = "max_bad_rows",
       .kind = Kind::kInteger,
       .default_value = "10",
       .unit = "rows a file",
       .minimum = 0,
       .maximum = kMaxCount,
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "bad rows up to which a file is still used"},
      {.section = "data",
       .name = "strict_counts",
       .kind = Kind::kBoolean,
       .default_value = "false",
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "a row count other than the official one is an error instead of a warning"},
      {.section = "data",
       .name = "rules",
       .kind = Kind::kTable,
       .default_note = "as data.compat says",
       .may_be_axis = true,
       .help = "single deviation keys, `\"stsb.round\" = \"authors\"`; docs/data.md lists them"},
      {.section = "sources",
       .name = "tasks",
       .kind = Kind::kNames,
       .default_value = "[]",
       .may_be_axis = false,
       .help = "tasks for which a source prompt is trained (phase 1)"},
      {.section = "sources",
       .name = "pairing",
       .kind = Kind::kWord,
       .default_value = "\"by_seed\"",
       .words = {"by_seed", "fixed"},
       .may_be_axis = false,
       .help = "seed i of a target uses source prompts of seed i; fixed: those of sources.seeds"},
      {.section = "sources",
       .name = "seeds",
       .kind = Kind::kIntegers,
       .default_note = "sweep.seeds; one seed with pairing = \"fixed\"",
       .minimum = 0,
       .maximum = 9007199254740992.0,
       .may_be_axis = false,
       .help = "the one seed of the source prompts when pairing is \"fixed\""},
      {.section = "sources",
       .name = "auto_exclude",
       .kind = Kind::kBoolean,
       .default_value = "false",
       .may_be_axis = false,
       .help = "leave a target's own task out of the prompts that it mixes"},
      {.section = "sources",
       .name = "prompts",
       .kind = Kind::kTable,
       .default_value = "{}",
       .may_be_axis = false,
       .help = "ready-made prompts by name, `{ mnli = \"prompt.h5\" }`, instead of training"},
      {.section = "targets",
       .name = "tasks",
       .kind = Kind::kNames,
       .default_value = "[]",
       .may_be_axis = false,
       .help = "tasks of phase 2"},
      {.section = "targets",
       .name = "methods",
       .kind = Kind::kNames,
       .default_value = "[]",
       .may_be_axis = false,
       .help = "methods, method:variant ids and names of [variant.X]"},
      {.section = "limits",
       .name = "max_attempts",
       .kind = Kind::kInteger,
       .default_value = "3",
       .unit = "attempts",
       .minimum = 1,
       .maximum = 1000,
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "attempts that a trial may lose by its own fault; losses to the machine are free"},
      {.section = "limits",
       .name = "max_failed_trials",
       .kind = Kind::kInteger,
       .default_value = "\"off\"",
       .unit = "trials",
       .words = {"off"},
       .minimum = 1,
       .maximum = kMaxCount,
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "stop the study after this many failed trials; off: carry on whatever fails"},
      {.section = "resources",
       .name = "threads_per_trainer",
       .kind = Kind::kInteger,
       .default_value = "\"auto\"",
       .unit = "threads",
       .words = {"auto"},
       .minimum = 1,
       .maximum = 4096,
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "CPU threads of a trainer; auto: cores of the rank divided by its trainers"},
      {.section = "resources",
       .name = "trainers_per_device",
       .kind = Kind::kInteger,
       .default_value = "1",
       .unit = "trainers",
       .minimum = 1,
       .maximum = 64,
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "trials that share a device"},
  };
}

std::vector<Key> train_keys() {
  const std::string s = "train";
  return {
      {.section = s,
       .name = "batch_size",
       .kind = Kind::kInteger,
       .default_value = "32",
       .unit = "examples",
       .minimum = 1,
       .maximum = 1e6,
       .help = "examples an optimiser step"},
      {.section = s,
       .name = "micro_batch",
       .kind = Kind::kInteger,
       .default_value = "0",
       .unit = "examples",
       .minimum = 0,
       .maximum = 1e6,
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "examples in memory at once; 0: the whole batch. Does not change the result"},
      {.section = s,
       .name = "evaluation_batch_size",
       .kind = Kind::kInteger,
       .default_value = "0",
       .unit = "examples",
       .minimum = 0,
       .maximum = 1e6,
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "0: chosen by the trainer"},
      {.section = s,
       .name = "epochs",
       .kind = Kind::kNumber,
       .default_value = "20",
       .unit = "epochs",
       .minimum = 0,
       .above_minimum = true,
       .maximum = 1e6,
       .help = "length of training; whichever of epochs and max_steps the later layer sets holds"},
      {.section = s,
       .name = "max_steps",
       .kind = Kind::kInteger,
       .default_note = "epochs hold",
       .unit = "steps",
       .minimum = 1,
       .maximum = 1e9,
       .help = "length of training in steps"},
      {.section = s,
       .name = "schedule",
       .kind = Kind::kWord,
       .default_value = "\"linear\"",
       .words = {"linear", "constant", "constant_with_warmup"},
       .help = "learning rate over the steps"},
      {.section = s,
       .name = "warmup_steps",
       .kind = Kind::kInteger,
       .default_value = "\"auto\"",
       .unit = "steps",
       .words = {"auto"},
       .minimum = 0,
       .maximum = 1e9,
       .help = "auto: 6 % of the steps, at most 500"},
      {.section = s,
       .name = "allow_warmup_only",
       .kind = Kind::kBoolean,
       .default_value = "false",
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "accept trials that end before their warm-up does"},
      {.section = s,
       .name = "learning_rate_scale",
       .kind = Kind::kNumber,
       .default_value = "1.0",
       .minimum = 0,
       .above_minimum = true,
       .maximum = 1e6,
       .help = "multiplies each method's own rates; a fair axis over all methods"},
      {.section = s,
       .name = "gradient_clip",
       .kind = Kind::kNumber,
       .default_value = "1.0",
       .unit = "norm",
       .minimum = 0,
       .maximum = 1e9,
       .help = "0: no clipping"},
      {.section = s,
       .name = "adamw_form",
       .kind = Kind::kWord,
       .default_value = "\"torch\"",
       .words = {"torch", "hf46"},
       .help = "which published AdamW"},
      {.section = s,
       .name = "adafactor_form",
       .kind = Kind::kWord,
       .default_value = "\"hf\"",
       .words = {"hf", "t5x"},
       .help = "which published Adafactor"},
      {.section = s,
       .name = "decay_scope",
       .kind = Kind::kWord,
       .default_value = "\"no_norm_bias\"",
       .words = {"no_norm_bias", "all"},
       .help = "tensors that weight decay acts on"},
      {.section = s,
       .name = "evaluate_every_steps",
       .kind = Kind::kInteger,
       .default_value = "0",
       .unit = "steps",
       .minimum = 0,
       .maximum = 1e9,
       .help = "0: at the ends of epochs, at least 100 steps apart; always after the last step"},
      {.section = s,
       .name = "patience",
       .kind = Kind::kInteger,
       .default_value = "\"off\"",
       .unit = "evaluations",
       .words = {"off"},
       .minimum = 1,
       .maximum = 1e6,
       .help = "evaluations without improvement after which training ends"},
      {.section = s,
       .name = "checkpoint_every_seconds",
       .kind = Kind::kNumber,
       .default_value = "300.0",
       .unit = "seconds",
       .minimum = 1,
       .maximum = 1e7,
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "shortest time between checkpoints"},
      {.section = s,
       .name = "scoring",
       .kind = Kind::kWord,
       .default_value = "\"generate\"",
       .words = {"generate"},
       .help = "how predictions are made: greedy generation"},
  };
}

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
                  .words = {"paper"},
                  .minimum = 0,
                  .above_minimum = true,
                  .maximum = 1e12,
                  .help = "divides the scores; paper: floor(d_model * e)"});
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

std::vector<Key> task_keys() {
  const std::string s = "task";
  return {
      {.section = s,
       .name = "max_source_length",
       .kind = Kind::kInteger,
       .default_note = "the task's own: 256, MultiRC 348",
       .unit = "tokens",
       .minimum = 2,
       .maximum = 1e5,
       .help = "source tokens kept, end token included"},
      {.section = s,
       .name = "max_target_length",
       .kind = Kind::kInteger,
       .default_note = "the task's own: 3, question answering 128",
       .unit = "tokens",
       .minimum = 2,
       .maximum = 1e5,
       .help = "target tokens kept, end token included"},
      {.section = s,
       .name = "max_new_tokens",
       .kind = Kind::kInteger,
       .default_note = "max_target_length",
       .unit = "tokens",
       .minimum = 1,
       .maximum = 1e5,
       .help = "longest prediction, end token included"},
      {.section = s,
       .name = "add_prefix",
       .kind = Kind::kBoolean,
       .default_value = "true",
       .help = "the task's name at the head of the source text"},
      {.section = s,
       .name = "max_train_examples",
       .kind = Kind::kInteger,
       .default_note = "data.max_train_examples",
       .unit = "examples",
       .words = {"all"},
       .minimum = 1,
       .maximum = kMaxCount,
       .help = "first rows of the training split that are used"},
      {.section = s,
       .name = "files",
       .kind = Kind::kTable,
       .default_note = "found below data.root",
       .in_trial_id = false,
       .may_be_axis = false,
       .help = "`{ train = \"a.json\", test = \"b.json\" }`: files that are read as these splits "
               "instead of those below data.root"},
  };
}

std::vector<Key> build_table() {
  std::vector<Key> table;
  for (auto* part : {&study_keys, &train_keys, &method_keys, &task_keys}) {
    std::vector<Key> keys = part();
    table.insert(table.end(), keys.begin(), keys.end());
  }
  table.push_back({.section = "variant",
                   .name = "base",
                   .default_note = "must be given",
                   .may_be_axis = false,
                   .help = "method that the variant configures"});
  table.push_back({.section = "variant",
                   .name = "label",
                   .default_note = "the variant's name",
                   .in_trial_id = false,
                   .may_be_axis = false,
                   .help = "row label in tables"});
  return table;
}

std::string markdown(std::string text) {
  for (std::size_t i = 0; (i = text.find('|', i)) != std::string::npos; i += 2) {
    text.insert(i, "\\");
  }
  return text;
}

}  // namespace

const std::vector<Key>& key_table() {
  static const std::vector<Key> kTable = build_table();
  return kTable;
}

std::vector<const Key*> keys_of(const std::string& section) {
  std::vector<const Key*> keys;
  for (const Key& key : key_table()) {
    if (key.section == section) {
      keys.push_back(&key);
    }
  }
  return keys;
}

const Key* find_key(const std::string& section, const std::string& name) {
  for (const Key& key : key_table()) {
    if (key.section == section && key.name == name) {
      return &key;
    }
  }
  return nullptr;
}

const std::vector<LaterSection>& later_sections() {
  static const std::vector<LaterSection> kSections = {
      {"few_shot", "few-shot trials are not part of this version"},
      {"search", "sampled searches are not part of this version"},
      {"store", "a store shared between studies is not part of this version"},
  };
  return kSections;
}

const std::vector<std::string>& special_sections() {
  static const std::vector<std::string> kSections = {"grid", "zip", "override", "set"};
  return kSections;
}

std::string accepted_values(const Key& key) {
  std::string text;
  switch (key.kind) {
    case Kind::kBoolean:
      text = "true or false";
      break;
    case Kind::kInteger:
    case Kind::kNumber: {
      text = key.kind == Kind::kInteger ? "an integer" : "a number";
      const auto bound = [](double value) {
        std::string number = number_text(value);
        return number.ends_with(".0") ? number.substr(0, number.size() - 2) : number;
      };
      if (key.minimum > -std::numeric_limits<double>::infinity()) {
        text += (key.above_minimum ? " > " : " >= ") + bound(key.minimum);
      }
      if (key.maximum < 1) {
        text += " and <= " + bound(key.maximum);
      }
      break;
    }
    case Kind::kText:
      text = "a string";
      break;
    case Kind::kPath:
      text = "a path";
      break;
    case Kind::kWord:
      break;
    case Kind::kNames:
      text = "an array of names";
      break;
    case Kind::kIntegers:
      text = "an array of integers >= 0, or { count = n }";
      break;
    case Kind::kTable:
      text = "a table of strings";
      break;
  }
  for (std::size_t i = 0; i < key.words.size(); ++i) {
    const bool last = i + 1 == key.words.size();
    text += text.empty() ? "" : last ? " or " : ", ";
    text += "\"" + key.words[i] + "\"";
  }
  return text;
}

std::string key_reference() {
  std::string text;
  std::string section;
  for (const Key& key : key_table()) {
    if (key.section != section) {
      section = key.section;
      const bool named = section == "variant" || section == "task";
      text += (text.empty() ? "### `[" : "\n### `[") + section + (named ? ".NAME" : "") + "]`\n\n";
      text += "| key | values | unit | default | meaning |\n|---|---|---|---|---|\n";
    }
    const std::string fallback =
        key.default_value.empty() ? key.default_note : "`" + key.default_value + "`";
    text += "| `" + key.name + "` | " + markdown(accepted_values(key)) + " | " + key.unit + " | " +
            markdown(fallback) + " | " + markdown(key.help) +
            (key.in_trial_id ? "" : " (not part of a trial's id)") + " |\n";
  }
  return text;
}

}  // namespace attempt::config
