#include "runner/sweep/trial_builder.h"

#include <algorithm>
#include <cmath>

#include "datasets/data_error.h"
#include "datasets/task_data.h"
#include "model/shapes/method_shapes.h"
#include "results/digest.h"
#include "runner/sweep/axis_label.h"
#include "runner/sweep/cost.h"
#include "runner/sweep/few_shot.h"
#include "runner/sweep/method_settings.h"
#include "runner/sweep/mixing.h"
#include "runner/sweep/start_checks.h"
#include "runner/sweep/trial_config.h"
#include "runner/sweep/trial_id.h"

namespace attempt::sweep {
namespace {

void add_once(std::vector<std::string>& lines, const std::string& line) {
  if (std::find(lines.begin(), lines.end(), line) == lines.end()) {
    lines.push_back(line);
  }
}

std::string selection_metric_of(const datasets::Task& task) {
  const std::vector<std::string>& metrics = task.selection_metrics;
  if (metrics.size() == 1) {
    return metrics.front();
  }
  std::string text;
  for (const std::string& metric : metrics) {
    text += (text.empty() ? "mean(" : ", ") + metric;
  }
  return text.empty() ? "" : text + ")";
}

/// Of several tasks "mean(mnli accuracy, rte accuracy)", or that of the first.
std::string selection_metric(const TrialSpec& spec) {
  const auto of_task = [](const TaskSpec& task) { return selection_metric_of(task_of(task)); };
  if (spec.tasks.size() == 1) {
    return of_task(spec.tasks[0]);
  }
  std::string text;
  for (const TaskSpec& task : spec.tasks) {
    text += (text.empty() ? "" : ", ") + task.name + " " + of_task(task);
    if (spec.train.mixing.selection == "first") {
      return text;
    }
  }
  return "mean(" + text + ")";
}

}  // namespace

std::int64_t steps_of_epochs(double epochs, std::int64_t an_epoch) {
  return static_cast<std::int64_t>(std::ceil(epochs * static_cast<double>(an_epoch)));
}

std::int64_t automatic_warmup(std::int64_t steps) {
  return std::min<std::int64_t>(500, std::llround(0.06 * static_cast<double>(steps)));
}

TrialBuilder::TrialBuilder(const config::SweepFile& sweep, const BackboneFacts& backbone,
                           StudyInputs& inputs, config::Problems& problems,
                           std::vector<std::string>& warnings)
    : sweep_(sweep),
      backbone_(backbone),
      inputs_(inputs),
      problems_(problems),
      warnings_(warnings),
      speeds_(inputs.speeds()) {}

TrialSettings TrialBuilder::settings(const Draft& draft, const AxisPoint& point) {
  const double dropout = backbone_.config.dropout_rate;
  TrialSettings settings;
  settings.effective =
      effective_trial_settings(draft, dropout, sweep_, point, problems_, warnings_);
  settings.defaults = default_trial_settings(draft, dropout, sweep_);
  for (const std::string& task : task_names(draft)) {
    const std::string setting = task_setting(draft, task, "max_new_tokens");
    if (!settings.defaults.has(setting)) {
      settings.defaults.set(setting,
                            settings.defaults.at(task_setting(draft, task, "max_target_length")));
    }
  }
  const config::Search& search = sweep_.search;
  if (draft.phase == "search" && search.pruner != "off" && !search.audit) {
    const std::string rule = search.pruner + " " + std::to_string(search.prune_after);
    settings.effective.set("search.pruner", {config::make_value(rule), "[search]",
                                             config::find_key("search", "pruner")});
  }
  std::vector<ValueOrigin> values = value_origins(draft, settings.effective);
  for (const std::string& task : task_names(draft)) add_definition(sweep_.task(task), values);
  settings.values = std::make_shared<const std::vector<ValueOrigin>>(std::move(values));
  return settings;
}

std::int64_t TrialBuilder::trained_parameters(const model::MethodOptions& options) {
  if (counted_options_ != options) {
    counted_options_ = options;
    counted_parameters_ = model::trained_parameter_count(options, backbone_.config);
  }
  return counted_parameters_;
}

PlannedTrial TrialBuilder::build(const Draft& draft, const AxisPoint& point,
                                 const TrialSettings& trial_settings,
                                 const AvailableSources& available) {
  const Settings& settings = trial_settings.effective;
  PlannedTrial planned;
  TrialSpec& spec = planned.spec;
  spec.phase = draft.phase;
  spec.method = draft.method;
  spec.variant = draft.variant;
  spec.label = draft.label + axis_label(point, draft, settings);
  spec.seed = draft.seed;
  spec.model.folder = sweep_.model_path;
  spec.model.precision = settings.text("model.precision");
  spec.model.dropout = settings.has("model.dropout") ? settings.number("model.dropout") : 0;
  spec.model.fingerprint = backbone_.fingerprint;
  spec.model.note = backbone_.is_random ? "random backbone" : "";
  spec.data = data_spec(settings);
  for (const std::string& name : task_names(draft)) {
    spec.tasks.push_back(task_spec(draft, sweep_.task(name), settings, spec.data));
  }
  spec.method_options =
      method_options(draft, settings, backbone_.config, sweep_.task(task_names(draft).front()));
  choose_sources(draft, settings, available, sweep_.auto_exclude && draft.phase != "source", spec,
                 problems_);
  choose_starts(draft, settings, spec);
  spec.train = train_spec(draft, settings, spec.tasks);
  spec.trainable_parameters = trained_parameters(spec.method_options);
  spec.keep_predictions = sweep_.keep_predictions;
  spec.save_parameters = sweep_.save_parameters;
  if (spec.phase == "search") {
    spec.keep_predictions = false;
    spec.save_parameters = "none";
  }
  spec.threads = sweep_.threads_per_trainer;
  spec.synthetic = datasets::is_synthetic(spec.data.root);
  spec.comparable = !backbone_.is_random && !spec.synthetic;
  const CheckContext context{inputs_, backbone_, problems_, warnings_};
  for (const TaskSpec& each : spec.tasks) {
    const datasets::Task& task = sweep_.task(each.name);
    spec.comparable = spec.comparable && is_comparable(task, settings.rules, each, draft.method);
    check_labels(draft, task, each, context);
  }
  check(draft, settings, spec);
  check_start(draft, settings, spec, context);

  std::map<std::string, std::string> digests;
  if (settings.has("method.init_file") && !settings.text("method.init_file").empty()) {
    spec.init_file_sha256 = inputs_.file_digest(settings.text("method.init_file"));
    digests["method.init_file"] = spec.init_file_sha256;
  }
  spec.trial_id = trial_id(trial_id_text(spec, settings, trial_settings.defaults, digests));

  planned.prompt_rows = settings.has("method.prompt_length") && !is_prefix_method(draft.method)
                            ? spec.method_options.prompt_length
                            : 0;
  planned.selection_metric = selection_metric(spec);
  planned.kind = kinds_.of(spec, trial_settings.values);
  estimate(planned, backbone_.config, speeds_);
  if (const std::string warning = memory_warning(spec, planned.prompt_rows, backbone_.config);
      !warning.empty()) {
    add_once(warnings_, warning);
  }
  planned.values = trial_settings.values;
  return planned;
}

void TrialBuilder::choose_starts(const Draft& draft, const Settings& settings, TrialSpec& spec) {
  spec.starts = draft.starts;
  for (const TensorStart& start : draft.starts) {
    spec.depends_on.push_back(start.trial_id);
  }
  if (!settings.has("method.g_init") || settings.text("method.g_init") != "file") {
    return;
  }
  const std::string& path = settings.text("method.g_init_file");
  const config::Position& at = settings.position("method.g_init");
  if (path.empty()) {
    problems_.add(at, "method.g_init",
                  "'g_init' is \"file\" and no file is named (G starts from it). Add g_init_file = "
                  "\"TRIAL.h5\"");
    return;
  }
  try {
    spec.starts.push_back({TensorStart::kG, "", path, inputs_.file_digest(path)});
  } catch (const datasets::DataError&) {
    problems_.add(at, "method.g_init_file",
                  "the file of g_init_file, " + path +
                      ", cannot be read (no such file, or no permission). Correct the path");
  }
}

DataSpec TrialBuilder::data_spec(const Settings& settings) const {
  DataSpec data;
  data.root = sweep_.data_root;
  data.cache = sweep_.data_cache.empty() ? (results::user_cache_folder() / "tokens").string()
                                         : sweep_.data_cache;
  data.compat = settings.text("data.compat");
  data.rules = settings.rules;
  data.shuffle = settings.has("data.shuffle") ? settings.boolean("data.shuffle") : true;
  data.max_bad_rows = sweep_.max_bad_rows;
  data.strict_counts = sweep_.strict_counts;
  data.tokenizer = backbone_.tokenizer;
  data.tokenizer_fingerprint = backbone_.tokenizer_fingerprint;
  return data;
}

TaskSpec TrialBuilder::task_spec(const Draft& draft, const datasets::Task& task,
                                 const Settings& settings, const DataSpec& data) {
  const auto of_task = [&](const char* key) { return task_setting(draft, task.name, key); };
  TaskSpec spec;
  spec.name = task.name;
  spec.max_source_length = settings.integer(of_task("max_source_length"));
  spec.max_target_length = settings.integer(of_task("max_target_length"));
  spec.max_new_tokens = settings.integer(of_task("max_new_tokens"));
  spec.add_prefix = settings.boolean(of_task("add_prefix"));
  const std::string cap = of_task("max_train_examples");
  for (const std::string& setting : {cap, std::string("train.max_examples_per_task")}) {
    if (settings.has(setting) && !settings.is_word(setting)) {
      const std::int64_t most = settings.integer(setting);
      spec.max_train_examples = std::min(most, spec.max_train_examples.value_or(most));
    }
  }
  if (const auto files = sweep_.task_files.find(task.name); files != sweep_.task_files.end()) {
    spec.files = files->second;
  }
  spec.definition = task.definition;
  const TaskFacts facts = inputs_.task(task, data, spec);
  for (const std::string& warning : facts.warnings) {
    add_once(warnings_, warning);
  }
  spec.fingerprint = facts.fingerprint;
  spec.train_examples = facts.counts.train;
  if (spec.max_train_examples && !datasets::caps_at_load(task))
    spec.train_examples = std::min(spec.train_examples, *spec.max_train_examples);
  spec.validation_examples = facts.counts.validation;
  spec.test_examples = facts.counts.test;
  spec.few_shot = few_shot_spec(settings);
  apply_few_shot(task, facts.counts, spec);
  return spec;
}

TrainSpec TrialBuilder::train_spec(const Draft& draft, const Settings& settings,
                                   const std::vector<TaskSpec>& tasks) {
  TrainSpec train;
  train.evaluation_batch_size = settings.integer("train.evaluation_batch_size");
  train.scoring = settings.text("train.scoring");
  if (draft.method == "frozen") {
    return train;
  }
  train.batch_size = settings.integer("train.batch_size");
  train.micro_batch = settings.integer("train.micro_batch");
  train.evaluate_every_steps = settings.integer_or("train.evaluate_every_steps", 0);
  train.patience = settings.integer_or("train.patience", 0);
  train.checkpoint_every_seconds = settings.number("train.checkpoint_every_seconds");
  if (settings.has("train.label_smoothing")) {
    train.label_smoothing = settings.number("train.label_smoothing");
  }
  train.length_buckets =
      settings.has("train.length_buckets") && settings.boolean("train.length_buckets");
  train.mixing = mixing_spec(settings);
  if (settings.has("train.loss_weight")) {
    train.loss_weight = settings.text("train.loss_weight");
  }
  train.total_steps =
      settings.has("train.max_steps")
          ? settings.integer("train.max_steps")
          : steps_of_epochs(settings.number("train.epochs"), steps_per_epoch(tasks, train));
  if (!settings.has("train.evaluate_every_steps")) {
    train.evaluate_every_steps = train.total_steps;  // few_shot.selection = "last"
  }

  OptimizerSpec& optimizer = train.optimizer;
  const double scale = settings.number("train.learning_rate_scale");
  optimizer.optimizer = settings.text("method.optimizer");
  optimizer.learning_rate = settings.number("method.learning_rate") * scale;
  optimizer.learning_rate_g = settings.has("method.learning_rate_g")
                                  ? settings.number("method.learning_rate_g") * scale
                                  : optimizer.learning_rate;
  optimizer.learning_rate_encoder = settings.has("method.learning_rate_encoder")
                                        ? settings.number("method.learning_rate_encoder") * scale
                                        : optimizer.learning_rate;
  optimizer.weight_decay = settings.number("method.weight_decay");
  optimizer.schedule = settings.text("train.schedule");
  optimizer.gradient_clip =
      settings.has("train.gradient_clip") ? settings.number("train.gradient_clip") : 0;
  if (settings.has("train.adamw_form")) {
    optimizer.adamw_form = settings.text("train.adamw_form");
  }
  if (settings.has("train.adafactor_form")) {
    optimizer.adafactor_form = settings.text("train.adafactor_form");
  }
  if (settings.has("train.decay_scope")) {
    optimizer.decay_scope = settings.text("train.decay_scope");
  }
  if (settings.has("train.warmup_steps")) {
    optimizer.warmup_steps =
        settings.integer_or("train.warmup_steps", automatic_warmup(train.total_steps));
  }
  const bool has_two_rates = settings.has("method.learning_rate_g") &&
                             optimizer.learning_rate_g != optimizer.learning_rate;
  if (has_two_rates && settings.text("data.compat") == "authors" && settings.has("train.epochs")) {
    std::int64_t examples = 0;
    for (const TaskSpec& task : tasks) examples += task.train_examples;
    // Their branch with two rates ends the schedule at floor(N * epochs / B), before training does.
    optimizer.schedule_steps = static_cast<std::int64_t>(
        std::floor(static_cast<double>(examples) * settings.number("train.epochs") /
                   static_cast<double>(train.batch_size)));
  }
  return train;
}

}  // namespace attempt::sweep
