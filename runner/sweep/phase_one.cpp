#include "runner/sweep/phase_one.h"

#include <algorithm>

#include "model/shapes/method_shapes.h"

namespace attempt::sweep {
namespace {

constexpr std::int64_t kMostRowsOfTask = 100000;  // methods.md section 6.5

void set(PhaseOneTrial& trial, const std::string& layer, const std::vector<std::string>& path,
         config::Value value) {
  std::string problem;
  trial.point.push_back({config::Layer::kAxis,
                         layer,
                         config::resolve_setting(path, {}, problem),
                         std::move(value),
                         {}});
}

/// What a trial of phase 1 trains with its own values, not the target's.
bool is_of_training(const std::string& setting) {
  static const std::vector<std::string> kNames = {
      "method.learning_rate", "method.learning_rate_encoder", "method.weight_decay",
      "method.optimizer", "method.init_from"};
  return !setting.starts_with("method.") ||
         std::find(kNames.begin(), kNames.end(), setting) != kNames.end();
}

}  // namespace

PhaseOneTrial mixture_trial(const Draft& target, const AxisPoint& point,
                            const std::vector<std::string>& tasks, std::uint64_t seed,
                            const AxisPoint& source_point) {
  PhaseOneTrial trial{target, source_point};
  trial.draft.phase = "source";
  trial.draft.label += " on the source tasks";
  trial.draft.task.clear();
  trial.draft.tasks = tasks;
  trial.draft.seed = seed;
  trial.draft.few_shot_k = 0;  // all examples of the source tasks
  for (const config::Assignment& assignment : point) {
    if (!is_of_training(assignment.path.setting)) trial.point.push_back(assignment);
  }
  return trial;
}

PhaseOneTrial g_trial(const Draft& target, const Settings& settings,
                      const std::vector<std::string>& tasks, std::uint64_t seed,
                      const AxisPoint& source_point) {
  PhaseOneTrial trial{target, source_point};
  trial.draft.phase = "source";
  trial.draft.method = "attempt_m";
  trial.draft.variant.clear();
  trial.draft.label = "ATTEMPT's G on the source tasks";
  trial.draft.task.clear();
  trial.draft.tasks = tasks;
  trial.draft.seed = seed;
  trial.draft.few_shot_k = 0;  // all examples of the source tasks
  const std::string layer = "g_init = \"pretrained\"";
  const auto set_option = [&](const std::string& key, config::Value value) {
    set(trial, layer, {"method", "attempt_m", key}, std::move(value));
  };
  for (const char* key :
       {"prompt_length", "attention", "g_hidden", "g_layer_norm_trained", "pooling", "temperature",
        "resize", "deep", "deep_mode", "deep_attention", "layers"}) {
    const std::string name = std::string("method.") + key;
    if (settings.has(name)) set_option(key, settings.at(name).value);
  }
  set_option("sources", config::make_value(tasks));
  set_option("target", config::make_value("add_and_mix"));
  set_option("target_init", config::make_value("own"));
  set_option("target_encoder", config::make_value("none"));
  set_option("sources_trainable", config::make_value(false));
  set_option("g_trainable", config::make_value(true));
  set_option("g_exclude_own", config::make_value(true));
  set(trial, layer, {"train", "epochs"}, config::make_value(1.0));
  set(trial, layer, {"train", "max_examples_per_task"}, config::make_value(kMostRowsOfTask));
  return trial;
}

std::string start_problem(const TrialSpec& spec, const TrialSpec& first,
                          const model::T5Config& config) {
  const model::MethodOptions& options = spec.method_options;
  if (model::single_task_form(spec.method) == "prefix_tuning" && options.reparametrise) {
    return "what its MLP makes is saved, not the MLP. Set reparametrise = false";
  }
  if (options.prefix_layout == model::PrefixLayout::kPeft) {
    return "its tensor is saved as it is used, not as it is trained. Set layout = \"full\"";
  }
  if (options.prompt_encoder != model::PromptEncoderKind::kNone) {
    return "what its encoder makes is saved, not the encoder. Set prompt_encoder = \"none\"";
  }
  const auto shapes = model::trained_shapes(options, config);
  const auto saved = model::trained_shapes(model::folded_options(first.method_options), config);
  const bool fits = std::equal(shapes.begin(), shapes.end(), saved.begin(), saved.end(),
                               [](const model::TensorShape& a, const model::TensorShape& b) {
                                 return a.name == b.name && a.dims == b.dims;
                               });
  return fits ? "" : "the two have tensors of different shapes. Give both the same options";
}

}  // namespace attempt::sweep
