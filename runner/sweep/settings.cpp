#include "runner/sweep/settings.h"

#include <algorithm>
#include <stdexcept>

#include "model/shapes/method_shapes.h"
#include "runner/config/names.h"
#include "runner/config/toml_reader.h"
#include "runner/sweep/few_shot.h"

namespace attempt::sweep {
namespace {

using config::Assignment;
using config::Key;
using config::Layer;
using config::make_value;
using config::Reach;
using config::Value;

/// Settings of trials that a section of the key table gives defaults of; those of "method.lora" are
/// named "method.KEY". Kept, since a grid asks for them thousands of times.
const std::map<std::string, Setting>& section_defaults(const std::string& section) {
  thread_local std::map<std::string, std::map<std::string, Setting>> known;
  const auto [entry, is_new] = known.try_emplace(section);
  if (!is_new) return entry->second;
  const std::string prefix = section.substr(0, section.find('.'));
  const bool is_of_all = prefix != "method" && prefix != "task";
  const std::string layer = is_of_all ? "default" : prefix + " default";
  for (const Key* key : config::keys_of(section)) {
    if (key->default_value.empty() || config::is_study_key({section, key->name})) continue;
    entry->second[prefix + "." + key->name] = {config::parse_option_value(key->default_value, ""),
                                               layer, key};
  }
  return entry->second;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

void apply(const Assignment& assignment, Settings& settings, config::Problems& problems) {
  const std::string& name = assignment.path.setting;
  const std::string other = name == "train.epochs"      ? "train.max_steps"
                            : name == "train.max_steps" ? "train.epochs"
                                                        : "";
  if (!other.empty() && settings.has(other)) {
    const Setting& rival = settings.at(other);
    if (rival.layer == assignment.layer_name && assignment.layer != Layer::kSet) {
      problems.add(assignment.value.at, name,
                   "'epochs' and 'max_steps' both stand in " + assignment.layer_name +
                       " (each is the length of training). Remove one");
    }
    settings.erase(other);
  }
  settings.set(name, {assignment.value, assignment.layer_name, assignment.path.key});
}

/// What compat = "authors" and single data rules change in a method's and a task's defaults;
/// methods.md section 8 and tasks.md section 9.
void apply_compat(const Draft& draft, const datasets::Task& task, const std::string& compat,
                  Settings& settings) {
  const std::string layer = "compat = \"" + compat + "\"";
  const auto change = [&](const std::string& name, Value value) {
    if (settings.has(name)) {
      settings.set(name, {std::move(value), layer, settings.at(name).key});
    }
  };
  using datasets::Rule;
  if (task.name == "multirc" && settings.rules.multirc_max_source == Rule::kAuthors) {
    change("task.max_source_length", make_value(std::int64_t{256}));
  }
  if (draft.method == "spot" && settings.rules.max_source_spot == Rule::kAuthors) {
    change("task.max_source_length", make_value(std::int64_t{128}));
  }
  const bool is_adapter = draft.method.starts_with("adapter");
  if (is_adapter && settings.rules.prefix_adapter == Rule::kAuthors) {
    change("task.add_prefix", make_value(false));
  }
  if (compat != "authors") {
    return;
  }
  change("train.warmup_steps", make_value(std::int64_t{500}));
  change("train.adamw_form", make_value("hf46"));
  change("method.pooling", make_value("all"));
  change("method.g_layer_norm_trained", make_value(false));
  change("method.g_reload", make_value("fresh_layer_norm"));
  change("method.target_init", make_value("first"));
  if (model::single_task_form(draft.method) == "prompt_tuning") {
    change("method.init", make_value("unit_normal"));
  }
}

void resolve_rules(const Draft& draft, const config::SweepFile& sweep, const AxisPoint& point,
                   Settings& settings) {
  std::string compat = "corrected";
  std::vector<const Assignment*> single;
  for (const auto* list : {&sweep.assignments, &point}) {
    for (const Assignment& assignment : *list) {
      if (!concerns(assignment, draft)) {
        continue;
      }
      if (assignment.path.setting == "data.compat") {
        compat = assignment.value.text();
      } else if (assignment.path.setting.starts_with("data.rules.")) {
        single.push_back(&assignment);
      }
    }
  }
  settings.rules = datasets::rules_for_compat(compat);
  for (const Assignment* rule : single) {
    datasets::set_rule(settings.rules, rule->path.setting.substr(std::string("data.rules.").size()),
                       rule->value.text());
  }
}

/// What the published sampler and schedule do; methods.md section 2.
void set_hyperformer_defaults(Settings& settings) {
  const auto set = [&](const std::string& name, Value value) {
    settings.set("train." + name,
                 {std::move(value), "method default", config::find_key("train", name)});
  };
  settings.erase("train.epochs");
  set("max_steps", make_value(std::int64_t{65536}));
  set("batch_size", make_value(std::int64_t{128}));
  set("evaluate_every_steps", make_value(std::int64_t{1000}));
  set("label_smoothing", make_value(0.1));
  set("mixing", make_value("temperature"));
  set("batches", make_value("single_task"));
}

}  // namespace

bool concerns(const Assignment& assignment, const Draft& draft) {
  const config::When& when = assignment.when;
  const bool method_fits = holds(when.methods, draft.method) ||
                           (!draft.variant.empty() && holds(when.methods, draft.variant));
  const bool seed_fits =
      when.seeds.empty() || std::find(when.seeds.begin(), when.seeds.end(),
                                      static_cast<std::int64_t>(draft.seed)) != when.seeds.end();
  const bool tasks_fit =
      draft.task.empty()
          ? std::all_of(draft.tasks.begin(), draft.tasks.end(),
                        [&](const std::string& task) { return holds(when.tasks, task); })
          : holds(when.tasks, draft.task);
  if (!method_fits || !seed_fits || !tasks_fit ||
      !holds(when.phases, draft.phase == "search" ? "target" : draft.phase)) {
    return false;
  }
  switch (assignment.path.reach) {
    case Reach::kAll:
      return true;
    case Reach::kSources:
      // [sources.train] speaks of source prompts; other methods have rates of their own.
      return draft.phase == "source" &&
             (draft.method == "prompt_tuning" || !assignment.path.setting.starts_with("method."));
    case Reach::kMethod:
      return draft.method == assignment.path.name;
    case Reach::kVariant:
      return draft.variant == assignment.path.name;
    case Reach::kTask:
      return draft.task == assignment.path.name;
    case Reach::kFewShot:
      return draft.few_shot_k > 0;
  }
  return false;
}

const Setting& Settings::at(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    throw std::logic_error("setting '" + name + "' is not used by this trial");
  }
  return found->second;
}

std::int64_t Settings::integer_or(const std::string& name, std::int64_t fallback) const {
  return has(name) && at(name).value.is_integer() ? integer(name) : fallback;
}

Settings default_settings(const Draft& draft, const datasets::Task& task, double dropout) {
  Settings settings;
  for (const std::string& section :
       {std::string("model"), std::string("data"), std::string("train"), "method." + draft.method,
        std::string("task")}) {
    for (const auto& [name, setting] : section_defaults(section)) settings.set(name, setting);
  }
  const auto set_task = [&](const std::string& name, Value value) {
    settings.set("task." + name,
                 {std::move(value), "task default", config::find_key("task", name)});
  };
  settings.set("model.dropout",
               {make_value(dropout), "config.json", config::find_key("model", "dropout")});
  if (draft.method == "hyperformer") set_hyperformer_defaults(settings);
  set_task("max_source_length", make_value(task.max_source_length));
  set_task("max_target_length", make_value(task.max_target_length));
  set_task("max_train_examples", task.default_max_train_examples
                                     ? make_value(*task.default_max_train_examples)
                                     : make_value("all"));
  return settings;
}

Settings effective_settings(const Draft& draft, const datasets::Task& task, double dropout,
                            const config::SweepFile& sweep, const AxisPoint& point,
                            config::Problems& problems, std::vector<std::string>& warnings) {
  Settings settings = default_settings(draft, task, dropout);
  resolve_rules(draft, sweep, point, settings);
  if (draft.few_shot_k > 0) set_few_shot_length(settings);

  std::vector<const Assignment*> layers;
  for (const auto* list : {&sweep.assignments, &point}) {
    for (const Assignment& assignment : *list) {
      if (concerns(assignment, draft)) {
        layers.push_back(&assignment);
      }
    }
  }
  std::vector<Assignment> built_in;
  if (const auto* variant = config::find_built_in_variant(draft.variant)) {
    for (const auto& [name, value] : variant->options) {
      std::string problem;
      built_in.push_back({Layer::kVariant,
                          "variant " + variant->id,
                          config::resolve_setting({"method", draft.method, name}, {}, problem),
                          value,
                          {}});
    }
  }
  for (const Assignment& assignment : built_in) {
    layers.push_back(&assignment);
  }
  std::stable_sort(layers.begin(), layers.end(),
                   [](const Assignment* a, const Assignment* b) { return a->layer < b->layer; });

  std::string compat = "corrected";
  std::vector<std::string> own;  // settings that the variant gives itself
  for (const Assignment* assignment : layers) {
    if (assignment->path.setting == "data.compat") {
      compat = assignment->value.text();
    }
    if (assignment->layer == Layer::kVariant) {
      own.push_back(assignment->path.setting);
    }
  }
  apply_compat(draft, task, compat, settings);
  for (const Assignment* assignment : layers) {
    const bool is_of_base = assignment->layer > Layer::kVariant && !draft.variant.empty() &&
                            assignment->path.reach == Reach::kMethod;
    if (is_of_base && std::find(own.begin(), own.end(), assignment->path.setting) != own.end()) {
      continue;  // "method.X.k" speaks of X; this variant says k itself
    }
    apply(*assignment, settings, problems);
  }
  if (compat == "authors" && model::single_task_form(draft.method) == "attempt" &&
      settings.at("method.learning_rate_g").layer == "method default") {
    settings.set("method.learning_rate_g",
                 {settings.at("method.learning_rate").value, "compat = \"authors\"",
                  settings.at("method.learning_rate_g").key});
  }
  if (compat == "authors" && draft.method == "spot" &&
      settings.text("method.similarity") == "aligned_cosine" &&
      settings.at("method.weights").layer == "method default") {
    settings.set("method.weights", {make_value("unclipped"), "compat = \"authors\"",
                                    settings.at("method.weights").key});
  }
  if (!settings.has("task.max_new_tokens")) {
    const bool authors = settings.rules.generate_max_new_tokens == datasets::Rule::kAuthors;
    settings.set("task.max_new_tokens", {authors ? make_value(std::int64_t{19})
                                                 : settings.at("task.max_target_length").value,
                                         authors ? "rule generate.max_new_tokens" : "task default",
                                         config::find_key("task", "max_new_tokens")});
  }
  if (draft.few_shot_k > 0) set_few_shot(draft, task, sweep.few_shot, settings);
  drop_unused(draft, task, settings);
  if (const std::string warning = few_shot_length_warning(draft, settings);
      !warning.empty() && std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) {
    warnings.push_back(warning);
  }
  for (const std::string& name : own) {
    const bool length = name == "train.epochs" || name == "train.max_steps";
    // A variant names both where its tasks are of both kinds.
    const bool by_kind_of_task = name == "method.source" || name == "method.source_qa";
    // What a trial of phase 1 is told of a variant need not concern it.
    if (!settings.has(name) && !length && !by_kind_of_task && draft.phase != "source") {
      const std::string warning = "variant '" + draft.variant + "' sets '" +
                                  name.substr(name.find('.') + 1) +
                                  "', which its other settings make unused";
      if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) {
        warnings.push_back(warning);
      }
    }
  }
  return settings;
}

}  // namespace attempt::sweep
