#include "runner/sweep/few_shot.h"

#include "datasets/few_shot.h"

namespace attempt::sweep {
namespace {

using config::make_value;

constexpr std::int64_t kSteps = 1000;

datasets::FewShotDraw draw_of(const FewShotSpec& spec) {
  return {spec.k, datasets::few_shot_mode(spec.mode), spec.draw};
}

}  // namespace

std::vector<Draft> few_shot_drafts(const config::SweepFile& sweep, const Draft& method) {
  const config::FewShot& section = sweep.few_shot;
  std::vector<Draft> drafts;
  for (const config::Named& task : section.tasks) {
    for (const std::int64_t k : section.k) {
      for (std::size_t i = 0; i < sweep.seeds.size(); ++i) {
        Draft& draft = drafts.emplace_back(method);
        draft.task = task.name;
        draft.few_shot_k = k;
        draft.seed = static_cast<std::uint64_t>(sweep.seeds[i]);
        // Too few are refused by check_few_shot(), which hears of all problems after this.
        draft.few_shot_draw =
            i < section.seeds.size() ? static_cast<std::uint64_t>(section.seeds[i]) : i + 1;
      }
    }
  }
  return drafts;
}

void set_few_shot_length(Settings& settings) {
  settings.erase("train.epochs");
  settings.set("train.max_steps",
               {make_value(kSteps), "few-shot default", config::find_key("train", "max_steps")});
}

std::string few_shot_length_warning(const Draft& draft, const Settings& settings) {
  const bool is_general = draft.few_shot_k > 0 && settings.has("train.epochs") &&
                          settings.at("train.epochs").layer == "[train]";
  if (!is_general) return "";
  return "few-shot trials train for the " + config::to_toml(settings.at("train.epochs").value) +
         " epochs of [train] instead of " + std::to_string(kSteps) +
         " steps (an epoch of k examples is a step or a few). Write max_steps = " +
         std::to_string(kSteps) + " in [few_shot], or epochs there if so few steps are meant";
}

void set_few_shot(const Draft& draft, const datasets::Task& task, const config::FewShot& section,
                  Settings& settings) {
  const auto set = [&](const char* key, config::Value value) {
    settings.set(std::string("few_shot.") + key,
                 {std::move(value), "[few_shot]", config::find_key("few_shot", key)});
  };
  const bool is_overall =
      task.is_question_answering() || settings.rules.few_shot_mode == datasets::Rule::kAuthors;
  set("k", make_value(draft.few_shot_k));
  set("seeds", make_value(static_cast<std::int64_t>(draft.few_shot_draw)));
  set("mode", make_value(!section.mode.empty() ? section.mode
                         : is_overall          ? "overall"
                                               : "balanced"));
  set("selection", make_value(section.selection));
  settings.erase("task.max_train_examples");
  if (section.selection == "last") {
    settings.erase("train.evaluate_every_steps");
    settings.erase("train.patience");
  }
}

FewShotSpec few_shot_spec(const Settings& settings) {
  FewShotSpec spec;
  if (!settings.has("few_shot.k")) return spec;
  spec.k = settings.integer("few_shot.k");
  spec.mode = settings.text("few_shot.mode");
  spec.selection = settings.text("few_shot.selection");
  spec.draw = static_cast<std::uint64_t>(settings.integer("few_shot.seeds"));
  return spec;
}

void apply_few_shot(const datasets::Task& task, const datasets::SplitCounts& official,
                    TaskSpec& spec) {
  if (spec.few_shot.k == 0) return;
  const datasets::FewShotDraw draw = draw_of(spec.few_shot);
  spec.train_examples = datasets::few_shot_count(task, draw, official.train);
  if (spec.few_shot.selection == "k") {
    spec.validation_examples = datasets::few_shot_count(task, draw, official.validation);
  }
}

void check_few_shot(const config::SweepFile& sweep, config::Problems& problems) {
  const config::FewShot& section = sweep.few_shot;
  if (section.k.empty() != section.tasks.empty()) {
    const std::string missing = section.k.empty() ? "k" : "tasks";
    problems.add(section.at, "few_shot." + missing,
                 "[few_shot] has no '" + missing +
                     "' (a few-shot trial is a task and a number of " +
                     "examples). Add it, k = [4, 16, 32]");
  }
  if (!section.seeds.empty() && section.seeds.size() != sweep.seeds.size()) {
    problems.add(section.at, "few_shot.seeds",
                 "few_shot.seeds names " + std::to_string(section.seeds.size()) +
                     " draws and sweep.seeds " + std::to_string(sweep.seeds.size()) +
                     " seeds (draw i goes with seed i). Give as many, or leave few_shot.seeds out");
  }
}

std::string few_shot_problem(const TaskSpec& spec) {
  const FewShotSpec& few_shot = spec.few_shot;
  if (few_shot.k == 0) return "";
  const datasets::Task task = task_of(spec);
  if (task.is_question_answering() && few_shot.mode != "overall") {
    return task.name + " has no classes (few_shot.mode is \"" + few_shot.mode +
           "\"). Use mode = \"overall\" for question answering";
  }
  if (spec.train_examples < few_shot.k) {
    return task.name + " has " + std::to_string(spec.train_examples) +
           " training examples (few_shot.k asks for " + std::to_string(few_shot.k) +
           "). Lower few_shot.k";
  }
  if (few_shot.selection == "k" && spec.validation_examples < few_shot.k) {
    return task.name + " has " + std::to_string(spec.validation_examples) +
           " validation examples (few_shot.selection = \"k\" asks for " +
           std::to_string(few_shot.k) + "). Lower few_shot.k, or use selection = \"full\"";
  }
  return "";
}

}  // namespace attempt::sweep
