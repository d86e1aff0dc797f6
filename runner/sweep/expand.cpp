#include "runner/sweep/expand.h"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/data_error.h"
#include "runner/config/names.h"
#include "runner/sweep/axis_label.h"
#include "runner/sweep/axis_points.h"
#include "runner/sweep/expansion.h"
#include "runner/sweep/few_shot.h"
#include "runner/sweep/probe.h"
#include "runner/sweep/ready_made_prompts.h"
#include "runner/sweep/settings.h"
#include "runner/sweep/study_checks.h"

namespace attempt::sweep {

Plan Expansion::run() {
  check_study(sweep_, problems_);
  split_axes();
  add_sources();
  add_targets();
  add_task_lists();
  const bool has_targets = !sweep_.methods.empty() && !sweep_.target_tasks.empty();
  if (sweep_.search.is_on() && has_targets && plan_.searches.empty()) {
    problems_.add(sweep_.search.at, "search.space",
                  "[search.space] has no key that a method of [targets] uses (nothing would be "
                  "searched). Name a key of such a method, or remove [search]");
  }
  for (const config::SearchDimension& dimension : sweep_.search.space) {
    if (!has_targets || searched_keys_.contains(dimension.name)) continue;
    warnings_.push_back(
        fmt::format("{}:{}:{}: '{}' of [search.space] concerns no method and task of "
                    "[targets]: it is not drawn",
                    dimension.at.file, dimension.at.line, dimension.at.column, dimension.name));
  }
  const auto is_source = [](const PlannedTrial& trial) { return trial.spec.phase == "source"; };
  // Most often they are in order; the partition takes as much memory again as the trials.
  if (!std::is_partitioned(plan_.trials.begin(), plan_.trials.end(), is_source)) {
    std::stable_partition(plan_.trials.begin(), plan_.trials.end(), is_source);
  }
  if (!unusable_.empty()) {
    std::string lines;
    for (const auto& [task, why] : unusable_) {
      lines += (lines.empty() ? "" : "\n") + why;
    }
    throw datasets::DataError("", lines);
  }
  problems_.raise();
  add_prepare_nodes(plan_);
  add_study_warnings(sweep_, backbone_, warnings_);
  plan_.warnings = std::move(warnings_);
  plan_.name = sweep_.name;
  plan_.effective_toml = sweep_.effective_toml;
  plan_.max_attempts = sweep_.max_attempts;
  plan_.max_failed_trials = sweep_.max_failed_trials;
  plan_.heartbeat_seconds = sweep_.heartbeat_seconds;
  plan_.no_progress_seconds = sweep_.no_progress_seconds;
  plan_.store_path = sweep_.store_path;
  plan_.trainers_per_device = sweep_.trainers_per_device;
  plan_.bundle_width = sweep_.bundle_width;
  plan_.threads_per_trainer = sweep_.threads_per_trainer;
  return std::move(plan_);
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

bool Expansion::has_seed_settings() const {
  return std::any_of(sweep_.assignments.begin(), sweep_.assignments.end(),
                     [](const auto& assignment) { return !assignment.when.seeds.empty(); });
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
    if (searches_sources(sweep_.search)) continue;  // each configuration has its own
    for (const std::int64_t seed : seeds) {
      sources.by_seed[static_cast<std::uint64_t>(seed)] =
          sources_of(sources, static_cast<std::uint64_t>(seed), /*is_deep=*/false);
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
  auto& by_seed = is_deep ? sources.deep_by_seed : sources.by_seed;
  const auto found = by_seed.find(seed);
  if (found != by_seed.end()) return found->second;
  return by_seed[seed] = sources_of(sources, seed, is_deep);
}

AvailableSources Expansion::sources_of(SourcesAtPoint& sources, std::uint64_t seed, bool is_deep) {
  if (has_seed_settings()) sources.settings.clear();
  AvailableSources available;
  std::vector<config::Named> names = sweep_.source_tasks;
  for (const auto& [name, path] : sweep_.prompts) {
    const bool listed = std::any_of(names.begin(), names.end(),
                                    [&](const config::Named& n) { return n.name == name.name; });
    if (!listed) names.push_back(name);
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
    const Draft draft{.phase = "source",
                      .method = "prompt_tuning",
                      .variant = is_deep ? variant->id : "",
                      .label = is_deep ? variant->label : config::method_label("prompt_tuning"),
                      .task = name.name,
                      .seed = seed,
                      .at = name.at};
    const std::pair<std::string, bool> key(name.name, is_deep);
    auto known = sources.settings.find(key);
    if (known == sources.settings.end()) {
      known = sources.settings.emplace(key, builder_.settings(draft, sources.point)).first;
    }
    const std::string id = add(draft, sources.point, known->second, {});
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
    Draft draft = target_draft(sweep_, given);
    for (const config::Named& task : sweep_.target_tasks) {
      draft.task = task.name;
      if (!add_search(draft)) add_seeds(draft);
    }
    for (const Draft& few_shot : few_shot_drafts(sweep_, draft)) {
      for (const AxisPoint& point : axis_points(target_axes_, few_shot)) {
        add_target(few_shot, point, builder_.settings(few_shot, point));
      }
    }
  }
}

void Expansion::add_task_lists() {
  for (const config::TaskList& list : sweep_.task_lists) {
    if (list.tasks.size() == 1) {
      warnings_.push_back("the list '" + list.name + "' of targets.multitask holds one task (" +
                          list.tasks[0].name + "); its methods share nothing between tasks");
    }
    for (const config::Named& given : list.methods) {
      Draft draft = target_draft(sweep_, given);
      if (sweep_.task_lists.size() > 1) draft.label += " (" + list.name + ")";
      for (const config::Named& task : list.tasks) draft.tasks.push_back(task.name);
      add_seeds(draft);
    }
  }
}

void Expansion::add_seeds(Draft draft) {
  std::vector<TrialSettings> known;  // by point; the same for all seeds unless a setting names some
  for (const std::int64_t seed : sweep_.seeds) {
    draft.seed = static_cast<std::uint64_t>(seed);
    const std::vector<AxisPoint> points = axis_points(target_axes_, draft);
    if (has_seed_settings()) known.clear();
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (i == known.size()) known.push_back(builder_.settings(draft, points[i]));
      add_target(draft, points[i], known[i]);
    }
  }
}

void Expansion::add_target(const Draft& draft, const AxisPoint& point,
                           const TrialSettings& settings) {
  if (!settings.effective.has("method.init_from") && !uses_sources(draft)) {
    add(draft, point, settings, {});
    return;
  }
  for (SourcesAtPoint& sources : sources_) add_at_sources(draft, point, settings, sources);
}

std::string Expansion::add_at_sources(const Draft& draft, const AxisPoint& point,
                                      const TrialSettings& trial_settings,
                                      SourcesAtPoint& sources) {
  const Settings& settings = trial_settings.effective;
  if (settings.has("method.init_from")) {
    return add_from_mixture(draft, point, trial_settings, sources.point);
  }
  if (!uses_sources(draft)) return add(draft, point, trial_settings, {});
  const bool is_deep = settings.has("method.deep") && settings.text("method.deep") == "prompts";
  Draft mixing = draft;
  mixing.label += source_axis_label(sources.point);
  AvailableSources available = sources_for(sources, draft.seed, is_deep);
  if (settings.has("method.probe_steps")) {
    const Probe probe = probe_of(draft, settings.integer("method.probe_steps"),
                                 source_seed(draft.seed), sources.point);
    const std::string id = add(probe.draft, probe.point, {});
    if (id.empty()) return "";
    available.push_back(trained_source(probe.draft.label, id));
    available.back().is_probe = true;
  }
  if (settings.has("method.g_init") && settings.text("method.g_init") == "pretrained") {
    const auto second = with_pretrained_g(mixing, settings, sources.point, available);
    return second ? add(*second, point, trial_settings, available) : "";
  }
  return add(mixing, point, trial_settings, available);
}

std::string Expansion::add(const Draft& draft, const AxisPoint& point,
                           const AvailableSources& sources) {
  return add(draft, point, builder_.settings(draft, point), sources);
}

std::string Expansion::add(const Draft& draft, const AxisPoint& point,
                           const TrialSettings& settings, const AvailableSources& sources) {
  for (const std::string& task : task_names(draft)) {
    if (unusable_.contains(task) || misdefined_.contains(task)) return "";
  }
  try {
    PlannedTrial trial = builder_.build(draft, point, settings, sources);
    const std::string id = trial.spec.trial_id;
    const auto [place, is_new] = index_.emplace(id, plan_.trials.size());
    if (is_new) {
      plan_.trials.push_back(std::move(trial));
    } else {
      note_equal(plan_.trials[place->second], draft);
    }
    return id;
  } catch (const datasets::DefinitionError& error) {
    const config::Problem problem = config::definition_problem(sweep_, error);
    problems_.add(problem.at, problem.key, problem.message);
    misdefined_.insert(error.facts.task);
    return "";
  } catch (const datasets::DataError& error) {
    unusable_[tasks_text(draft)] = error.what();
    return "";
  }
}

void Expansion::note_equal(const PlannedTrial& first, const Draft& second) {
  const std::string a = first.spec.variant.empty() ? first.spec.method : first.spec.variant;
  const std::string b = second.variant.empty() ? second.method : second.variant;
  if (a == b) {
    return;  // axes that a trial does not use collapse
  }
  if (sweep_.axes.empty() && !sweep_.search.is_on()) {
    problems_.add(second.at, "targets.methods",
                  "'" + b + "' on " + tasks_text(second) + " is the same trial as '" + a +
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

Plan expand(const config::SweepFile& sweep, StudyInputs& inputs, const SearchStates& searched) {
  return Expansion(sweep, inputs, searched).run();
}

}  // namespace attempt::sweep
