#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "datasets/split_rules.h"
#include "model/shapes/method_shapes.h"
#include "runner/config/names.h"
#include "runner/config/nearest_name.h"
#include "runner/sweep/few_shot.h"
#include "runner/sweep/mixing.h"
#include "runner/sweep/option_names.h"
#include "runner/sweep/trial_builder.h"
#include "runner/sweep/trial_id.h"

namespace attempt::sweep {
namespace {

std::string name_of(const Draft& draft) {
  return draft.variant.empty() ? draft.method : draft.variant;
}

/// Counts as published under the same rules; a sample of a task is not the task.
bool has_official_counts(const datasets::Task& task, const datasets::DataRules& rules,
                         const TaskSpec& spec) {
  const datasets::SplitCounts official = datasets::expected_counts(task, rules);
  const double train = static_cast<double>(spec.train_examples);
  return spec.validation_examples == official.validation && spec.test_examples == official.test &&
         train >= 0.99 * static_cast<double>(official.train);
}

}  // namespace

bool is_comparable(const datasets::Task& task, const datasets::DataRules& rules,
                   const TaskSpec& spec, const std::string& method) {
  if (task.definition) return false;  // no published table has it
  const nlohmann::json ours = rules;
  const nlohmann::json published = datasets::rules_for_compat("published");
  const bool is_qa = task.is_question_answering();
  for (const auto& [rule, value] : published.items()) {
    const bool counts = rule != "pad.to" &&
                        (is_qa || !(rule.starts_with("decode.") || rule.starts_with("generate.")));
    if (!counts || !rule_concerns(rule, task.name, is_qa, method)) {
      continue;
    }
    if (ours.at(rule) != value) {
      return false;
    }
  }
  // A cap that leaves all examples of a task is none.
  const bool cuts_nothing =
      !task.default_max_train_examples && spec.max_train_examples &&
      *spec.max_train_examples >= datasets::expected_counts(task, rules).train;
  const bool same_cap = cuts_nothing || spec.max_train_examples == task.default_max_train_examples;
  const std::int64_t length = task.name == "multirc" ? std::int64_t{256} : task.max_source_length;
  return spec.few_shot.k == 0 && same_cap && spec.add_prefix && spec.max_source_length == length &&
         has_official_counts(task, rules, spec);
}

void TrialBuilder::check(const Draft& draft, const Settings& settings, const TrialSpec& spec) {
  const auto at = [&](const std::string& setting) {
    const bool is_written = settings.has(setting) && !settings.position(setting).file.empty();
    return is_written ? settings.position(setting) : draft.at;
  };
  if (draft.method == "frozen") {
    return;
  }
  const std::string who = "'" + name_of(draft) + "' on " + task_text(spec);
  for (const TaskSpec& task : spec.tasks) {
    if (task.train_examples == 0) {
      problems_.add(draft.at, "targets.tasks",
                    "'" + name_of(draft) + "' on " + task.name +
                        " has no training examples (its files hold none that can be used). "
                        "Correct the data, or remove the task");
      return;
    }
  }
  if (const std::string problem = few_shot_problem(spec.tasks[0]); !problem.empty()) {
    problems_.add(sweep_.few_shot.at, "few_shot", problem);
    return;
  }
  const std::int64_t steps = spec.train.total_steps;
  const std::int64_t warmup = spec.train.optimizer.warmup_steps;
  const bool warmup_only = settings.has("train.warmup_steps") && steps <= warmup;
  if (warmup_only && !settings.boolean("train.allow_warmup_only")) {
    problems_.add(at("train.warmup_steps"), "train.warmup_steps",
                  who + " trains " + std::to_string(steps) + " steps and warms up for " +
                      std::to_string(warmup) +
                      " (its rate would never reach its value). Train longer, lower "
                      "train.warmup_steps, or set train.allow_warmup_only = true");
  }
  const datasets::MixingRule mixing = mixing_rule(spec.train.mixing);
  const bool has_all_tasks = !mixing.temperature && !mixing.is_single_task;
  if (spec.train.length_buckets && !(has_all_tasks && spec.data.shuffle)) {
    problems_.add(
        at("train.length_buckets"), "train.length_buckets",
        "'train.length_buckets' goes with shuffled batches of all tasks, each example once "
        "an epoch (others have an order of their own). Remove it, or data.shuffle = false, "
        "train.mixing and train.batches");
  }
  if (spec.train.micro_batch > spec.train.batch_size) {
    problems_.add(at("train.micro_batch"), "train.micro_batch",
                  "'train.micro_batch' is " + std::to_string(spec.train.micro_batch) +
                      " (it is a part of the batch of " + std::to_string(spec.train.batch_size) +
                      "). Make it smaller");
  }
  const auto check_names = [&](const char* setting, const std::vector<std::string>& given,
                               const std::vector<std::string>& known) {
    if (!settings.has(setting)) return;
    bool is_right = !given.empty();
    for (const std::string& name : given) {
      is_right = is_right && std::find(known.begin(), known.end(), name) != known.end();
    }
    if (!is_right) {
      problems_.add(at(setting), setting,
                    std::string("'") + setting + "' takes names of " + config::join_names(known) +
                        " (at least one). Correct the list");
    }
  };
  check_names("method.targets", spec.method_options.lora_targets, {"q", "k", "v", "o", "wi", "wo"});
  check_names("method.sites", spec.method_options.prefix_sites, {"encoder", "decoder", "cross"});
  const std::string method = model::single_task_form(draft.method);
  const model::MethodOptions& options = spec.method_options;
  const bool has_encoder =
      method != "p_tuning" && options.prompt_encoder != model::PromptEncoderKind::kNone;
  const bool is_deep = options.is_deep || options.deep != model::DeepKind::kOff;
  if (has_encoder && is_deep) {
    problems_.add(at("method.deep"), "method.deep",
                  who +
                      " has prompts at every layer and an encoder of the target prompt (the "
                      "encoder makes one prompt of the input). Use one of the two");
  }
  if (options.deep != model::DeepKind::kOff && options.attention == model::AttentionKind::kToken) {
    problems_.add(at("method.deep"), "method.deep",
                  who +
                      " has instance prompts at every layer and attention = \"token\" (a weight a "
                      "prompt row is defined at the input only). Use another attention, or "
                      "deep = \"off\"");
  }
  const auto& layers = options.deep_layers;
  const auto is_layer = [&](std::int64_t layer) { return layer < backbone_.config.num_layers; };
  if (!layers.empty() && (std::find(layers.begin(), layers.end(), 0) == layers.end() ||
                          !std::all_of(layers.begin(), layers.end(), is_layer))) {
    problems_.add(at("method.layers"), "method.layers",
                  who + " has instance prompts at layers that it cannot have (the encoder has " +
                      std::to_string(backbone_.config.num_layers) +
                      ", and the rows enter at layer 0). Give numbers from 0, with 0 among them");
  }
  if (options.placement == model::PromptPlacement::kBetween) {
    const std::vector<std::int64_t>& rows = options.placement_rows;
    const std::int64_t sum = std::accumulate(rows.begin(), rows.end(), std::int64_t{0});
    if (rows.size() != 3 || sum != options.prompt_length) {
      problems_.add(at("method.placement_rows"), "method.placement_rows",
                    "'method.placement_rows' takes the rows before the text, in front of its "
                    "second field and behind it (three numbers whose sum is prompt_length = " +
                        std::to_string(options.prompt_length) + "). Correct the list");
    }
  }
  if (options.placement != model::PromptPlacement::kPrefix && options.is_deep) {
    problems_.add(at("method.placement"), "method.placement",
                  who + " has placement = \"" + option_name(options.placement) +
                      "\" and depth = \"every_layer\" (prompts of the "
                      "deeper layers take the place of the first rows). Use one of the two");
  }
  const bool has_labels = !task_of(spec.tasks[0]).label_texts.empty();
  if (options.head == model::PredictionHead::kLinear &&
      (!has_labels || spec.tasks.size() > 1 || model::is_multi_task(draft.method))) {
    problems_.add(at("method.head"), "method.head",
                  who + " has head = \"linear\" (" +
                      (!has_labels ? "the task has no closed set of labels"
                                   : "it has the classes of one task") +
                      "). Use head = \"text\"");
  }
  if (options.target_update == model::TargetUpdate::kPresentRows &&
      spec.train.optimizer.optimizer != "adamw") {
    problems_.add(at("method.target_update"), "method.target_update",
                  who +
                      " has target_update = \"present_rows\" (only AdamW updates by row). Use "
                      "optimizer = \"adamw\", or target_update = \"dense\"");
  }
  if (options.deep != model::DeepKind::kOff && options.mixed_sources.empty() &&
      options.target == model::TargetUse::kAddOnly) {
    problems_.add(
        at("method.deep"), "method.deep",
        who +
            " has instance prompts at every layer and no source prompts (there is nothing "
            "to mix). Add [sources] tasks, or set deep = \"off\"");
  }
  const bool mixes_target = options.target == model::TargetUse::kAddAndMix ||
                            options.target == model::TargetUse::kMixOnly;
  if (options.g_exclude_own && !mixes_target && options.mixed_sources.size() == 1 &&
      std::find(options.tasks.begin(), options.tasks.end(), options.mixed_sources[0]) !=
          options.tasks.end()) {
    problems_.add(at("method.g_exclude_own"), "method.g_exclude_own",
                  who +
                      " attends to one source prompt and leaves out that of an example's own task "
                      "(nothing would be left to attend to). Mix the target, or more sources");
  }
  const bool has_adapters = method.starts_with("adapter") || method == "hyperformer";
  if (has_adapters && options.adapter_reduction > backbone_.config.d_model) {
    problems_.add(at("method.reduction"), "method.reduction",
                  who + " divides d_model = " + std::to_string(backbone_.config.d_model) + " by " +
                      std::to_string(options.adapter_reduction) +
                      " (no unit would be left). Use a smaller reduction");
  }
  if (method == "attempt" && spec.trainable_parameters == 0) {
    problems_.add(at("method.target"), "method.target",
                  who +
                      " trains nothing (target = \"none\" leaves no target prompt, and its "
                      "attention has nothing to learn). Keep the target prompt, or let G train");
  }
}

}  // namespace attempt::sweep
