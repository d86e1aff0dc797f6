#include "runner/sweep/expand.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/data_error.h"
#include "results/digest.h"
#include "runner/config/names.h"
#include "runner/sweep/axis_label.h"
#include "runner/sweep/axis_points.h"
#include "runner/sweep/few_shot.h"
#include "runner/sweep/probe.h"
#include "runner/sweep/ready_made_prompts.h"
#include "runner/sweep/settings.h"
#include "runner/sweep/trial_builder.h"

namespace attempt::sweep {
namespace {

bool uses_sources(const std::string& method) { return method == "spot" || method == "attempt"; }

class Expansion {
 public:
  Expansion(const config::SweepFile& sweep, StudyInputs& inputs)
      : sweep_(sweep),
        inputs_(inputs),
        backbone_(inputs.backbone(sweep)),
        builder_(sweep_, backbone_, inputs_, problems_, warnings_) {}

  Plan run();

 private:
  void check_study();
  void split_axes();
  void add_sources();
  AvailableSources sources_of(const AxisPoint& point, std::uint64_t seed, bool is_deep);
  /// A source prompt that the planned trial `id` trains.
  AvailableSource trained_source(const std::string& name, const std::string& id) const;
  /// Settings of a trial whose problems and warnings its builder reports.
  Settings settings_of(const Draft& draft, const AxisPoint& point) const;
  void add_targets();
  /// The same with few examples: every k and every draw.
  void add_few_shot_targets(Draft draft);
  void add_target(const Draft& draft);
  /// Adds a trial unless an equal one is there. @return its id, "" when its data are unusable.
  std::string add(const Draft& draft, const AxisPoint& point, const AvailableSources& sources);
  void note_equal(const PlannedTrial& first, const Draft& second);
  void add_prepare_nodes();
  void add_warnings();

  const config::SweepFile& sweep_;
  StudyInputs& inputs_;
  config::Problems problems_;
  std::vector<std::string> warnings_;
  BackboneFacts backbone_;
  TrialBuilder builder_;

  std::vector<config::Axis> source_axes_;
  std::vector<config::Axis> target_axes_;
  /// Source prompts at a point of the source axes, by seed; deep ones are added when asked for.
  struct SourcesAtPoint {
    AxisPoint point;
    std::map<std::uint64_t, AvailableSources> by_seed;
    std::map<std::uint64_t, AvailableSources> deep_by_seed;
  };
  const AvailableSources& sources_for(SourcesAtPoint& sources, std::uint64_t seed, bool is_deep);
  /// Seed of the source prompts that a target of `seed` takes.
  std::uint64_t source_seed(std::uint64_t seed) const;
  std::vector<SourcesAtPoint> sources_;
  std::map<std::string, std::string> unusable_;  ///< task -> why
  std::map<std::string, std::size_t> index_;     ///< trial id -> place in plan_.trials
  Plan plan_;
};

Plan Expansion::run() {
  check_study();
  split_axes();
  add_sources();
  add_targets();
  std::stable_partition(plan_.trials.begin(), plan_.trials.end(),
                        [](const PlannedTrial& trial) { return trial.spec.phase == "source"; });
  if (!unusable_.empty()) {
    std::string lines;
    for (const auto& [task, why] : unusable_) {
      lines += (lines.empty() ? "" : "\n") + why;
    }
    throw datasets::DataError("", lines);
  }
  problems_.raise();
  add_prepare_nodes();
  add_warnings();
  plan_.name = sweep_.name;
  plan_.effective_toml = sweep_.effective_toml;
  plan_.max_attempts = sweep_.max_attempts;
  plan_.max_failed_trials = sweep_.max_failed_trials;
  plan_.trainers_per_device = sweep_.trainers_per_device;
  plan_.threads_per_trainer = sweep_.threads_per_trainer;
  return std::move(plan_);
}

void Expansion::check_study() {
  const config::Position file{sweep_.file.string(), 0, 0};
  check_few_shot(sweep_, problems_);
  const bool has_targets = !sweep_.target_tasks.empty() || !sweep_.few_shot.tasks.empty();
  if (!has_targets && sweep_.source_tasks.empty()) {
    problems_.add(file, "targets.tasks",
                  "the sweep has no tasks (there is nothing to train). Add [targets] tasks and "
                  "methods, or [sources] tasks");
  }
  if (has_targets == sweep_.methods.empty()) {
    const std::string missing = sweep_.methods.empty() ? "methods" : "tasks";
    problems_.add(file, "targets." + missing,
                  "[targets] has no '" + missing + "' (a trial is a method on a task). Add it");
  }
  const bool fixed = sweep_.pairing == "fixed";
  if (fixed && sweep_.source_seeds.size() != 1) {
    problems_.add(file, "sources.seeds",
                  "sources.pairing is \"fixed\" and sources.seeds names " +
                      std::to_string(sweep_.source_seeds.size()) +
                      " seeds (all targets use prompts of one draw). Write seeds = [42] in "
                      "[sources]");
  } else if (!fixed && !sweep_.source_seeds.empty()) {
    problems_.add(file, "sources.seeds",
                  "sources.seeds is set and sources.pairing is \"by_seed\" (source prompts then "
                  "have the seeds of [sweep]). Remove seeds, or write pairing = \"fixed\"");
  }
}

void Expansion::split_axes() {
  for (const config::Axis& axis : sweep_.axes) {
    const bool some = std::any_of(axis.paths.begin(), axis.paths.end(), [](const auto& path) {
      return path.reach == config::Reach::kSources;
    });
    if (is_source_axis(axis)) {
      source_axes_.push_back(axis);
    } else if (some) {
      problems_.add(axis.values[0][0].at, "zip",
                    "[zip] pairs keys of 'sources.' with others (source trials do not know the "
                    "others' values). Put one kind into [grid]");
    } else {
      target_axes_.push_back(axis);
    }
  }
}

void Expansion::add_sources() {
  const bool fixed = sweep_.pairing == "fixed";
  const auto& seeds = fixed && !sweep_.source_seeds.empty() ? sweep_.source_seeds : sweep_.seeds;
  Draft any;
  any.phase = "source";
  any.method = "prompt_tuning";
  for (const AxisPoint& point : axis_points(source_axes_, any)) {
    SourcesAtPoint& sources = sources_.emplace_back();
    sources.point = point;
    for (const std::int64_t seed : seeds) {
      sources.by_seed[static_cast<std::uint64_t>(seed)] =
          sources_of(point, static_cast<std::uint64_t>(seed), /*is_deep=*/false);
    }
  }
}

std::uint64_t Expansion::source_seed(std::uint64_t seed) const {
  const bool fixed = sweep_.pairing == "fixed" && !sweep_.source_seeds.empty();
  return fixed ? static_cast<std::uint64_t>(sweep_.source_seeds.front()) : seed;
}

const AvailableSources& Expansion::sources_for(SourcesAtPoint& sources, std::uint64_t seed,
                                               bool is_deep) {
  seed = source_seed(seed);
  if (!is_deep) return sources.by_seed[seed];
  const auto found = sources.deep_by_seed.find(seed);
  if (found != sources.deep_by_seed.end()) return found->second;
  return sources.deep_by_seed[seed] = sources_of(sources.point, seed, /*is_deep=*/true);
}

AvailableSources Expansion::sources_of(const AxisPoint& point, std::uint64_t seed, bool is_deep) {
  AvailableSources available;
  std::vector<config::Named> names = sweep_.source_tasks;
  for (const auto& [name, path] : sweep_.prompts) {
    const bool listed = std::any_of(names.begin(), names.end(),
                                    [&](const config::Named& n) { return n.name == name.name; });
    if (!listed) {
      names.push_back(name);
    }
  }
  for (const config::Named& name : names) {
    const auto ready = std::find_if(sweep_.prompts.begin(), sweep_.prompts.end(),
                                    [&](const auto& p) { return p.first.name == name.name; });
    if (ready != sweep_.prompts.end()) {
      if (auto source = ready_made_source(*ready, inputs_, backbone_, problems_)) {
        available.push_back(std::move(*source));
      }
      continue;
    }
    const auto* variant = config::find_built_in_variant(is_deep ? "prompt_tuning:deep" : "");
    const Draft draft{"source",
                      "prompt_tuning",
                      is_deep ? variant->id : "",
                      is_deep ? variant->label : config::method_label("prompt_tuning"),
                      name.name,
                      seed,
                      name.at};
    const std::string id = add(draft, point, {});
    if (!id.empty()) available.push_back(trained_source(name.name, id));
  }
  for (AvailableSource& source : available) {
    source.is_listed = std::any_of(sweep_.source_tasks.begin(), sweep_.source_tasks.end(),
                                   [&](const auto& task) { return task.name == source.ref.name; });
  }
  return available;
}

AvailableSource Expansion::trained_source(const std::string& name, const std::string& id) const {
  const TrialSpec& spec = plan_.trials[index_.at(id)].spec;
  AvailableSource source;
  source.ref = {name, id, "", ""};
  source.prompt_length = spec.method_options.prompt_length;
  source.task = CalibrationTask{spec.data, spec.tasks[0]};
  source.start = start_of(spec);
  return source;
}

void Expansion::add_targets() {
  for (const config::Named& given : sweep_.methods) {
    Draft draft;
    draft.phase = "target";
    draft.method = given.name;
    draft.label = config::method_label(given.name);
    draft.at = given.at;
    for (const config::Variant& variant : sweep_.variants) {
      if (variant.name == given.name) {
        draft.method = variant.base;
        draft.variant = variant.name;
        draft.label = variant.label;
      }
    }
    if (const auto* variant = config::find_built_in_variant(given.name)) {
      draft.method = variant->base;
      draft.variant = variant->id;
      draft.label = variant->label;
    }
    for (const config::Named& task : sweep_.target_tasks) {
      draft.task = task.name;
      for (const std::int64_t seed : sweep_.seeds) {
        draft.seed = static_cast<std::uint64_t>(seed);
        add_target(draft);
      }
    }
    add_few_shot_targets(draft);
  }
}

void Expansion::add_few_shot_targets(Draft draft) {
  for (const config::Named& task : sweep_.few_shot.tasks) {
    draft.task = task.name;
    for (const std::int64_t k : sweep_.few_shot.k) {
      draft.few_shot_k = k;
      for (std::size_t i = 0; i < sweep_.seeds.size(); ++i) {
        draft.seed = static_cast<std::uint64_t>(sweep_.seeds[i]);
        draft.few_shot_draw = sweep_.few_shot.seeds.empty()
                                  ? i + 1
                                  : static_cast<std::uint64_t>(sweep_.few_shot.seeds[i]);
        add_target(draft);
      }
    }
  }
}

void Expansion::add_target(const Draft& draft) {
  for (const AxisPoint& point : axis_points(target_axes_, draft)) {
    if (!uses_sources(draft.method)) {
      add(draft, point, {});
      continue;
    }
    const Settings settings = settings_of(draft, point);
    const bool is_deep = settings.has("method.deep") && settings.text("method.deep") == "prompts";
    for (SourcesAtPoint& sources : sources_) {
      Draft mixing = draft;
      mixing.label += source_axis_label(sources.point);
      AvailableSources available = sources_for(sources, draft.seed, is_deep);
      if (settings.has("method.probe_steps")) {
        const Probe probe = probe_of(draft, settings.integer("method.probe_steps"),
                                     source_seed(draft.seed), sources.point);
        const std::string id = add(probe.draft, probe.point, {});
        if (id.empty()) continue;
        available.push_back(trained_source(probe.draft.label, id));
        available.back().is_probe = true;
      }
      add(mixing, point, available);
    }
  }
}

Settings Expansion::settings_of(const Draft& draft, const AxisPoint& point) const {
  config::Problems seen_again;
  std::vector<std::string> warned_again;
  return effective_settings(draft, datasets::find_task(draft.task), backbone_.config.dropout_rate,
                            sweep_, point, seen_again, warned_again);
}

std::string Expansion::add(const Draft& draft, const AxisPoint& point,
                           const AvailableSources& sources) {
  if (unusable_.contains(draft.task)) {
    return "";
  }
  try {
    PlannedTrial trial = builder_.build(draft, point, sources);
    const std::string id = trial.spec.trial_id;
    const auto [place, is_new] = index_.emplace(id, plan_.trials.size());
    if (is_new) {
      plan_.trials.push_back(std::move(trial));
    } else {
      note_equal(plan_.trials[place->second], draft);
    }
    return id;
  } catch (const datasets::DataError& error) {
    unusable_[draft.task] = error.what();
    return "";
  }
}

void Expansion::note_equal(const PlannedTrial& first, const Draft& second) {
  const std::string a = first.spec.variant.empty() ? first.spec.method : first.spec.variant;
  const std::string b = second.variant.empty() ? second.method : second.variant;
  if (a == b) {
    return;  // axes that a trial does not use collapse
  }
  if (sweep_.axes.empty()) {
    problems_.add(second.at, "targets.methods",
                  "'" + b + "' on " + second.task + " is the same trial as '" + a +
                      "' (their settings are equal). Change one of them, or remove it");
    return;
  }
  const std::string warning = "'" + b + "' and '" + a +
                              "' share trials at some points of the axes (their settings are "
                              "equal there); they run once and count for '" +
                              a + "'";
  if (std::find(warnings_.begin(), warnings_.end(), warning) == warnings_.end()) {
    warnings_.push_back(warning);
  }
}

void Expansion::add_prepare_nodes() {
  std::set<std::string> known;
  for (const PlannedTrial& trial : plan_.trials) {
    const TaskSpec& task = trial.spec.tasks[0];
    const nlohmann::json content = {task.name,
                                    task.fingerprint,
                                    task.add_prefix,
                                    task.max_source_length,
                                    task.max_target_length,
                                    nlohmann::json(trial.spec.data.rules),
                                    trial.spec.data.tokenizer_fingerprint,
                                    trial.spec.data.cache};
    const std::string id =
        "prepare:" + task.name + ":" + results::sha256(content.dump()).substr(0, 16);
    if (known.insert(id).second) {
      plan_.prepare.push_back({id, trial.spec.data, task});
    }
    plan_.needs[trial.spec.trial_id] = {id};
  }
}

void Expansion::add_warnings() {
  if (!backbone_.has_all_files) {
    warnings_.push_back(sweep_.model_path +
                        ": weights or tokenizer are missing (config.json alone was read); counts "
                        "hold, trial ids are provisional");
  }
  if (backbone_.is_random) {
    warnings_.push_back(sweep_.model_path +
                        ": random backbone (config.json says attempt_random_weights); scores say "
                        "nothing about the methods");
  }
  const bool uses_fixed = sweep_.pairing == "fixed" && !sweep_.source_tasks.empty();
  if (uses_fixed && !sweep_.source_seeds.empty()) {
    warnings_.push_back("all targets use source prompts of seed " +
                        std::to_string(sweep_.source_seeds.front()) +
                        "; their scores are conditional on that draw");
  }
  plan_.warnings = std::move(warnings_);
}

}  // namespace

Plan expand(const config::SweepFile& sweep, StudyInputs& inputs) {
  return Expansion(sweep, inputs).run();
}

}  // namespace attempt::sweep
