#include "runner/config/names.h"

#include <algorithm>
#include <stdexcept>

#include "datasets/task.h"
#include "model/shapes/method_shapes.h"
#include "runner/config/nearest_name.h"

namespace attempt::config {
namespace {

/// Methods and variants of the design that a later version adds.
const std::vector<std::string>& later_methods() {
  static const std::vector<std::string> kMethods = {"hyperdecoder", "mpt", "dept", "mpt_m",
                                                    "frozen_m"};
  return kMethods;
}

constexpr const char* kMultiTaskLabel = ", multi-task";

std::vector<BuiltInVariant> single_task_variants() {
  return {
      {"attempt:authors",
       "attempt",
       "ATTEMPT as released (LayerNorm frozen)",
       {{"pooling", make_value("all")},
        {"g_layer_norm_trained", make_value(false)},
        {"target_init", make_value("first")},
        {"warmup_steps", make_value(std::int64_t{500})}}},
      {"attempt:constant",
       "attempt",
       "ATTEMPT, attention: uniform",
       {{"attention", make_value("constant")}}},
      {"attempt:cross_prompt",
       "attempt",
       "ATTEMPT, prompts attend to one another",
       {{"attention", make_value("cross_prompt")}}},
      {"attempt:deep",
       "attempt",
       "ATTEMPT, deep instance prompts",
       {{"deep", make_value("prompts")}}},
      {"attempt:deep_gains",
       "attempt",
       "ATTEMPT, deep with gains",
       {{"deep", make_value("gains")}}},
      {"attempt:deep_per_layer_attention",
       "attempt",
       "ATTEMPT, deep, attention a layer",
       {{"deep", make_value("prompts")}, {"deep_attention", make_value("per_layer")}}},
      {"attempt:dot",
       "attempt",
       "ATTEMPT, attention: dot product",
       {{"attention", make_value("dot")}}},
      {"attempt:learned_temperature",
       "attempt",
       "ATTEMPT, temperature learned",
       {{"temperature", make_value("learned")}}},
      {"attempt:linear",
       "attempt",
       "ATTEMPT, attention: one linear map",
       {{"attention", make_value("linear")}}},
      {"attempt:lstm",
       "attempt",
       "ATTEMPT, target through BiLSTM + MLP",
       {{"target_encoder", make_value("lstm")}}},
      {"attempt:mlp",
       "attempt",
       "ATTEMPT, target through MLP",
       {{"target_encoder", make_value("mlp")}}},
      {"attempt:no_target",
       "attempt",
       "ATTEMPT, no target prompt",
       {{"target", make_value("none")}}},
      {"attempt:single_source",
       "attempt",
       "ATTEMPT, one source prompt",
       {{"sources", make_value(std::vector<std::string>{"mnli"})}}},
      {"attempt:token",
       "attempt",
       "ATTEMPT, attention a prompt row",
       {{"attention", make_value("token")}}},
      {"attempt:tuned_sources",
       "attempt",
       "ATTEMPT, source prompts trained too",
       {{"sources_trainable", make_value(true)}}},
      {"bitfit:no_head", "bitfit", "BitFit, no output bias", {{"head_bias", make_value(false)}}},
      {"bitfit:norm_scales", "bitfit", "RMS scales only", {{"norm_scales", make_value(true)}}},
      {"p_tuning:mlp", "p_tuning", "P-Tuning, MLP", {{"encoder", make_value("mlp")}}},
      {"prefix_tuning:direct",
       "prefix_tuning",
       "Prefix Tuning, no MLP",
       {{"reparametrise", make_value(false)}, {"learning_rate", make_value(0.005)}}},
      {"prefix_tuning:peft",
       "prefix_tuning",
       "Prefix Tuning, PEFT's layout",
       {{"layout", make_value("peft")},
        {"reparametrise", make_value(false)},
        {"learning_rate", make_value(0.005)},
        {"prompt_length", make_value(std::int64_t{100})}}},
      {"prefix_tuning:peft_projection",
       "prefix_tuning",
       "Prefix Tuning, PEFT's layout and MLP",
       {{"layout", make_value("peft")},
        {"hidden", make_value("d_model")},
        {"prompt_length", make_value(std::int64_t{100})}}},
      {"prompt_tuning:deep",
       "prompt_tuning",
       "Prompt Tuning, deep",
       {{"depth", make_value("every_layer")}}},
  };
}

/// The variants of a method are also those of its multi-task form.
std::vector<BuiltInVariant> all_variants() {
  std::vector<BuiltInVariant> variants = single_task_variants();
  for (const std::string& method : model::method_ids()) {
    const std::string base = model::single_task_form(method);
    if (base == method) continue;
    for (BuiltInVariant variant : single_task_variants()) {
      if (variant.base != base) continue;
      variant.id = method + variant.id.substr(base.size());
      variant.base = method;
      variant.label += kMultiTaskLabel;
      variants.push_back(std::move(variant));
    }
  }
  return variants;
}

}  // namespace

const std::vector<BuiltInVariant>& built_in_variants() {
  static const std::vector<BuiltInVariant> kVariants = all_variants();
  return kVariants;
}

const BuiltInVariant* find_built_in_variant(const std::string& id) {
  for (const BuiltInVariant& variant : built_in_variants()) {
    if (variant.id == id) {
      return &variant;
    }
  }
  return nullptr;
}

std::string method_label(const std::string& method) {
  static const std::vector<std::pair<std::string, std::string>> kLabels = {
      {"frozen", "No training"},
      {"fine_tuning", "Full fine-tuning"},
      {"bitfit", "BitFit"},
      {"adapter", "Adapter"},
      {"adapter_drop", "AdapterDrop"},
      {"lora", "LoRA"},
      {"ia3", "IA3"},
      {"prompt_tuning", "Prompt Tuning"},
      {"prefix_tuning", "Prefix Tuning"},
      {"p_tuning", "P-Tuning"},
      {"p_tuning_v2", "P-Tuning v2"},
      {"spot", "SPoT"},
      {"hyperformer", "HyperFormer"},
      {"attempt", "ATTEMPT"}};
  const std::string base = model::single_task_form(method);
  for (const auto& [id, label] : kLabels) {
    if (id == base) {
      return base == method ? label : label + kMultiTaskLabel;
    }
  }
  return method;
}

std::optional<std::string> method_problem(const std::string& method) {
  const std::vector<std::string>& known = model::method_ids();
  if (std::find(known.begin(), known.end(), method) != known.end()) {
    return std::nullopt;
  }
  const std::string base = method.substr(0, method.find(':'));
  const std::vector<std::string>& later = later_methods();
  const bool is_later = std::find(later.begin(), later.end(), base) != later.end();
  if (is_later || (base != method && !method_problem(base))) {
    std::vector<std::string> choices = known;
    for (const BuiltInVariant& variant : built_in_variants()) {
      choices.push_back(variant.id);
    }
    return "method '" + method + "' is not part of this version (it has " + join_names(choices) +
           "). Remove it, or use a version that has it";
  }
  return "unknown method '" + method + "' (it is neither a method nor a [variant.X]). " +
         suggestion(method, known);
}

std::optional<std::string> task_name(const std::string& name,
                                     const std::vector<std::string>& own_tasks,
                                     std::string& problem) {
  if (std::find(own_tasks.begin(), own_tasks.end(), name) != own_tasks.end()) return name;
  try {
    return datasets::find_task(name).name;
  } catch (const std::invalid_argument&) {
    std::vector<std::string> known = own_tasks;
    for (const datasets::Task& task : datasets::all_tasks()) {
      known.push_back(task.name);
    }
    problem = "unknown task '" + name + "' (this version reads " + join_names(known) + "). ";
    const std::string nearest = nearest_name(name, known);
    problem += nearest.empty()
                   ? "Remove it, or name one of these; a task of your own is defined by [task." +
                         name + "] define = true"
                   : "Did you mean '" + nearest + "'?";
    return std::nullopt;
  }
}

}  // namespace attempt::config
