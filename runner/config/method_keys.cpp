#include "model/shapes/method_shapes.h"
#include "runner/config/key_groups.h"

namespace attempt::config {

namespace {

/// Keys of the methods other than the multi-task forms.
std::vector<Key> own_keys() {
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
  const auto add_integer = [&](const std::string& section, const char* name, const char* value,
                               const char* unit, const char* help,
                               std::vector<std::string> words = {}) {
    keys.push_back({.section = section,
                    .name = name,
                    .kind = Kind::kInteger,
                    .default_value = value,
                    .unit = unit,
                    .words = std::move(words),
                    .minimum = 1,
                    .maximum = 1e5,
                    .help = help});
  };
  const auto add_word = [&](const std::string& section, const char* name, const char* value,
                            std::vector<std::string> words, const char* help) {
    keys.push_back({.section = section,
                    .name = name,
                    .kind = Kind::kWord,
                    .default_value = value,
                    .words = std::move(words),
                    .help = help});
  };
  const auto add_switch = [&](const std::string& section, const char* name, const char* value,
                              const char* help) {
    keys.push_back({.section = section,
                    .name = name,
                    .kind = Kind::kBoolean,
                    .default_value = value,
                    .help = help});
  };
  const auto add_names = [&](const std::string& section, const char* name, const char* value,
                             const char* help) {
    keys.push_back({.section = section,
                    .name = name,
                    .kind = Kind::kNames,
                    .default_value = value,
                    .help = help});
  };
  const auto add_encoder = [&](const std::string& section, const char* name) {
    add_word(section, name, "\"none\"", {"none", "mlp", "lstm"},
             "the trained prompt R becomes R + f(R); f is folded away after training");
    add_integer(section, "encoder_hidden", "\"auto\"", "units",
                "width of f; auto: 400, for an LSTM half of d_model", {"auto"});
    keys.push_back({.section = section,
                    .name = "learning_rate_encoder",
                    .kind = Kind::kNumber,
                    .default_value = "0.001",
                    .minimum = 0,
                    .above_minimum = true,
                    .maximum = 1e6,
                    .help = "peak rate of f"});
  };
  const auto add_placement = [&](const std::string& section) {
    add_word(section, "placement", "\"prefix\"", {"prefix", "suffix", "between"},
             "in front of the text; between its end token and the padding; in three parts, before "
             "the text, in front of its second field (\"sentence2:\"), behind it");
    keys.push_back({.section = section,
                    .name = "placement_rows",
                    .kind = Kind::kCounts,
                    .default_note = "a third each",
                    .unit = "rows",
                    .minimum = 0,
                    .maximum = 1e5,
                    .help = "placement = between: rows of the three parts, [30, 40, 30]"});
  };
  const auto add_resize = [&](const std::string& section) {
    add_word(section, "resize", "\"off\"", {"off", "truncate", "tile"},
             "source prompts of another length: refused; cut off; cut off, or repeated from the "
             "first row on");
  };
  const auto add_prefix = [&](const std::string& section) {
    add_integer(section, "prompt_length", "20", "rows", "keys in front of every attention's own");
    add_names(section, "sites", "[\"encoder\", \"decoder\", \"cross\"]",
              "attentions with a prefix: self-attention of a stack, cross-attention");
    add_word(section, "prefix_bias", "\"relative\"", {"relative", "zero"},
             "bias of the prefix in self-attention: as rows in front of the sequence, or none");
  };
  add_optimizer("method.fine_tuning", "0.0003", "0.0");

  add_optimizer("method.bitfit", "0.0003", "0.0");
  add_switch("method.bitfit", "head_bias", "true", "a bias on the output layer too");
  add_switch("method.bitfit", "norm_scales", "false",
             "no biases: train the scales of T5's norms instead");
  add_switch("method.bitfit", "fold", "false",
             "save the biases of norms in those of the maps that they feed");
  for (const char* adapter : {"method.adapter", "method.adapter_drop"}) {
    add_optimizer(adapter, "0.0003", "0.0");
    add_integer(adapter, "reduction", "32", "", "the bottleneck has d_model / reduction units");
  }
  add_optimizer("method.hyperformer", "0.0003", "0.0");
  add_integer("method.hyperformer", "reduction", "32", "",
              "the bottleneck of a generated adapter has d_model / reduction units");
  add_switch("method.hyperformer", "fold", "false",
             "save the generated adapters of every task, not what generates them");
  const std::string lora = "method.lora";
  add_optimizer(lora, "0.0003", "0.0");
  add_integer(lora, "rank", "8", "", "rank of the change");
  keys.push_back({.section = lora,
                  .name = "alpha",
                  .kind = Kind::kNumber,
                  .default_value = "8.0",
                  .minimum = 0,
                  .above_minimum = true,
                  .maximum = 1e6,
                  .help = "the change is scaled by alpha / rank"});
  add_names(lora, "targets", "[\"q\", \"v\"]", "maps that change, of q, k, v, o, wi, wo");
  keys.push_back({.section = lora,
                  .name = "dropout",
                  .kind = Kind::kNumber,
                  .default_value = "0.0",
                  .minimum = 0,
                  .maximum = 0.99,
                  .help = "dropout on the input of the change in training"});
  add_optimizer("method.ia3", "0.003", "0.0");

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
  add_word(prompt, "text_fill", "\"sampled_vocab\"", {"sampled_vocab", "repeat"},
           "rows after a text that is shorter than the prompt: sampled words, or the text again");
  add_names(prompt, "init_words", "[]",
            "words of init = \"class_labels\", a row each, instead of the task's own labels");
  add_init_file(prompt);
  add_placement(prompt);
  add_word(prompt, "depth", "\"input\"", {"input", "every_layer"},
           "every_layer: a prompt for each encoder layer, in place of its first rows");
  add_encoder(prompt, "prompt_encoder");

  const std::string spot = "method.spot";
  add_optimizer(spot, "0.3", "0.0");
  add_length(spot);
  keys.push_back({.section = spot,
                  .name = "choose",
                  .kind = Kind::kWord,
                  .default_value = "\"fixed\"",
                  .words = {"fixed", "most_similar", "weighted_top_k"},
                  .help = "what the prompt starts from: the named source prompt; the one most "
                          "similar to the target task; a weighted sum of the most similar ones"});
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
  add_integer(spot, "top_k", "3", "prompts", "choose = weighted_top_k: how many are summed");
  add_word(spot, "weights", "\"proportional\"", {"proportional", "softmax", "unclipped"},
           "choose = weighted_top_k: in proportion to the similarities, those below 0 as 0; "
           "softmax(similarity/0.1); in proportion, negative ones too, as in the authors' code");
  add_word(
      spot, "similarity", "\"mean_cosine\"", {"mean_cosine", "pairwise_cosine", "aligned_cosine"},
      "cosine of the mean rows; mean cosine of all pairs of rows; sum of the cosines row by row");
  add_integer(
      spot, "probe_steps", "1000", "steps",
      "steps of plain prompt tuning on the target task, whose prompt the source prompts are "
      "compared with");
  add_resize(spot);
  add_encoder(spot, "prompt_encoder");

  const std::string prefix = "method.prefix_tuning";
  add_optimizer(prefix, "0.001", "0.0");
  add_prefix(prefix);
  add_switch(prefix, "reparametrise", "true",
             "the prefix is made by an MLP, which is folded away after training");
  add_integer(prefix, "hidden", "512", "units", "hidden width of the MLP", {"d_model"});
  add_word(prefix, "layout", "\"full\"", {"full", "peft"},
           "peft: as PEFT places it, decoder self-attention only");

  const std::string p_tuning = "method.p_tuning";
  add_optimizer(p_tuning, "0.001", "0.0");
  add_length(p_tuning);
  add_placement(p_tuning);
  add_word(p_tuning, "encoder", "\"lstm\"", {"lstm", "mlp"},
           "what makes the prompt: BiLSTM and MLP, or MLP; folded away after training");
  add_integer(p_tuning, "encoder_hidden", "\"auto\"", "units",
              "its width; auto: d_model, for an LSTM half of it", {"auto"});

  const std::string p_tuning_v2 = "method.p_tuning_v2";
  add_optimizer(p_tuning_v2, "0.005", "0.0");
  add_prefix(p_tuning_v2);
  keys.push_back({.section = p_tuning_v2,
                  .name = "prefix_dropout",
                  .kind = Kind::kNumber,
                  .default_value = "0.1",
                  .minimum = 0,
                  .maximum = 0.99,
                  .help = "dropout on the prefix in training"});
  add_word(p_tuning_v2, "head", "\"text\"", {"text", "linear"},
           "labels as text, or a linear classifier on the first decoder state");

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
                  .kind = Kind::kNamesOrChange,
                  .default_note = "all of [sources], in order",
                  .help = "source prompts that are mixed: tasks of [sources] or names of "
                          "sources.prompts; add and remove change the list of sources.tasks"});
  add_resize(attempt);
  keys.push_back({.section = attempt,
                  .name = "attention",
                  .kind = Kind::kWord,
                  .default_value = "\"sub\"",
                  .words = {"sub", "constant", "linear", "dot", "token", "cross_prompt"},
                  .help = "sub: the paper's network G; constant: uniform weights; linear: one map; "
                          "dot: no network; token: a weight a prompt row; cross_prompt: the "
                          "prompts attend to one another first"});
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
                  .words = {"paper", "calibrated", "learned"},
                  .minimum = 0,
                  .above_minimum = true,
                  .maximum = 1e12,
                  .help =
                      "divides the scores; paper: floor(d_model * e); calibrated: measured on "
                      "the source tasks, so that scores differ by about 0.4; learned: trained"});
  keys.push_back({.section = attempt,
                  .name = "g_hidden",
                  .kind = Kind::kInteger,
                  .default_value = "100",
                  .unit = "units",
                  .minimum = 1,
                  .maximum = 1e5,
                  .help = "hidden width of G"});
  add_switch(attempt, "g_trainable", "true", "false: G stays as it was drawn");
  add_switch(attempt, "g_layer_norm_trained", "true", "false: as in the authors' code");
  keys.push_back({.section = attempt,
                  .name = "pooling",
                  .kind = Kind::kWord,
                  .default_value = "\"masked\"",
                  .words = {"masked", "all"},
                  .help = "tokens whose maximum feeds G: those of the text, or padding too"});
  add_word(attempt, "g_reload", "\"all\"", {"all", "fresh_layer_norm"},
           "what is tested: G as trained; or with a fresh LayerNorm, as in the authors' code");
  add_switch(attempt, "sources_trainable", "false",
             "copies of the source prompts are trained and saved with the trial");
  add_encoder(attempt, "target_encoder");
  add_word(attempt, "deep", "\"off\"", {"off", "prompts", "gains"},
           "instance prompts at every encoder layer: of deep source prompts; or those of the input "
           "times a trained gain");
  add_word(attempt, "deep_mode", "\"replace\"", {"replace", "add"},
           "deep = prompts: in place of a layer's first rows, or added to them");
  add_word(attempt, "deep_attention", "\"shared\"", {"shared", "per_layer"},
           "deep = prompts: attention of the input for all layers, or of each layer's own input");
  keys.push_back({.section = attempt,
                  .name = "layers",
                  .kind = Kind::kIndices,
                  .default_note = "all",
                  .minimum = 0,
                  .maximum = 1e4,
                  .help = "deep: encoder layers with instance prompts of their own, 0 among them; "
                          "the others pass the rows on"});
  add_word(attempt, "g_init", "\"random\"", {"random", "pretrained", "file"},
           "start of G: drawn; trained before on the source tasks, once a seed; of g_init_file");
  keys.push_back({.section = attempt,
                  .name = "g_init_file",
                  .kind = Kind::kPath,
                  .default_value = "\"\"",
                  .help = "file of an ATTEMPT trial whose G is the start"});
  for (const char* method : {"fine_tuning", "bitfit", "adapter", "adapter_drop", "lora", "ia3",
                             "prompt_tuning", "prefix_tuning", "p_tuning_v2"}) {
    add_word(std::string("method.") + method, "init_from", "\"none\"", {"none", "sources"},
             "sources: starts from this method trained on the tasks of [sources] together, one "
             "trial of phase 1 a seed");
  }
  return keys;
}

/// Keys of a multi-task form: the method's own, with the defaults that differ.
void add_multi_task_keys(const std::string& method, std::vector<Key>& keys) {
  const std::string base = "method." + model::single_task_form(method);
  std::vector<Key> added;
  for (Key key : keys) {
    if (key.section != base) continue;
    key.section = "method." + method;
    if (key.name == "learning_rate_g") key.default_value = "0.1";  // methods.md section 2
    added.push_back(std::move(key));
  }
  keys.insert(keys.end(), added.begin(), added.end());
}

}  // namespace

std::vector<Key> method_keys() {
  std::vector<Key> keys = own_keys();
  for (const std::string& method : model::method_ids()) {
    if (model::single_task_form(method) != method) add_multi_task_keys(method, keys);
  }
  const std::string attempt = "method.attempt_m";
  keys.push_back({.section = attempt,
                  .name = "g_exclude_own",
                  .kind = Kind::kBoolean,
                  .default_value = "false",
                  .help = "an example does not attend to the source prompt of its own task"});
  keys.push_back({.section = attempt,
                  .name = "target_update",
                  .kind = Kind::kWord,
                  .default_value = "\"dense\"",
                  .words = {"dense", "present_rows"},
                  .help = "AdamW moves all target prompts in every step, as published, or only "
                          "those of the tasks in the batch"});
  return keys;
}

}  // namespace attempt::config
