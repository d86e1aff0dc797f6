#include <fmt/format.h>

#include <algorithm>

#include "runner/sweep/cost.h"
#include "runner/sweep/expansion.h"

namespace attempt::sweep {
namespace {

/// Whether some configuration of the space sets something that the target uses: a search over
/// training has nothing to say to a method that does not train.
bool is_searched(const std::vector<config::SearchDimension>& space, const Draft& draft,
                 TrialBuilder& builder) {
  for (const Configuration& configuration : configurations_of_each(space)) {
    const SearchPoint point = point_of(space, configuration);
    if (!point.source.empty()) return true;
    const Settings settings = builder.settings(draft, point.target).effective;
    if (std::any_of(point.target.begin(), point.target.end(), [&](const auto& assignment) {
          return settings.has(assignment.path.setting);
        })) {
      return true;
    }
  }
  return false;
}

/// A pruner decides between two evaluations.
void check_pruner(const config::Search& search, const TrialSpec& spec, config::Problems& problems) {
  const std::int64_t evaluations = evaluations_of(spec);
  if (search.pruner == "off" || evaluations > search.prune_after) return;
  problems.add(
      search.at, "search.pruner",
      fmt::format("pruner is \"{}\", prune_after {}, and {} on {} is evaluated {} times in "
                  "{} steps (nothing could be stopped before its end). Set "
                  "train.evaluate_every_steps, or lower search.prune_after",
                  search.pruner, search.prune_after,
                  spec.variant.empty() ? spec.method : spec.variant, spec.tasks[0].name,
                  evaluations, spec.train.total_steps));
}

PlannedConfiguration planned(const std::vector<config::SearchDimension>& space,
                             const Configuration& configuration) {
  PlannedConfiguration result;
  for (std::size_t i = 0; i < space.size(); ++i) {
    if (configuration[i])
      result.values.emplace_back(space[i].name, config::to_toml(*configuration[i]));
  }
  return result;
}

}  // namespace

bool Expansion::add_search(const Draft& target) {
  const config::Search& search = sweep_.search;
  if (!search.is_on()) return false;
  const auto space = space_of(search, target);
  for (const config::SearchDimension& dimension : space) searched_keys_.insert(dimension.name);
  if (space.empty() || !is_searched(space, target, builder_)) return false;

  PlannedSearch found{.name = search_name(target),
                      .label = target.label,
                      .method = target.method,
                      .variant = target.variant,
                      .task = target.task,
                      .wanted = search.trials,
                      .pruner = search.pruner,
                      .prune_after = search.prune_after,
                      .is_audited = search.audit};
  const auto state = searched_.find(found.name);
  std::vector<Configuration> configurations;
  if (search.is_native()) {
    const NativeSampler sampler(search.sampler, search.seed, space);
    for (std::int64_t i = 0; i < search.trials; ++i) {
      configurations.push_back(sampler.draw(static_cast<std::uint64_t>(i)));
    }
  } else if (state != searched_.end()) {
    configurations = state->second.configurations;
  }

  Draft draft = target;
  draft.phase = "search";
  const std::size_t before = plan_.trials.size();
  for (std::size_t i = 0; i < configurations.size(); ++i) {
    draft.label = fmt::format("{}, configuration {}", target.label, i);
    found.configurations.push_back(planned(space, configurations[i]));
    found.configurations.back().trial_ids =
        add_configuration(draft, point_of(space, configurations[i]), search.seeds);
  }
  double seconds = 0;
  std::int64_t added = 0;
  for (std::size_t i = before; i < plan_.trials.size(); ++i) {
    if (plan_.trials[i].spec.phase != "search") continue;
    check_pruner(search, plan_.trials[i].spec, problems_);
    seconds += plan_.trials[i].estimated_seconds;
    ++added;
  }
  found.later_trials = (search.trials - static_cast<std::int64_t>(configurations.size())) *
                       static_cast<std::int64_t>(search.seeds.size());
  if (state != searched_.end() && state->second.chosen) {
    const std::size_t chosen = *state->second.chosen;
    found.chosen = static_cast<std::int64_t>(chosen);
    add_configuration(target, point_of(space, configurations.at(chosen)), sweep_.seeds);
  } else {
    found.later_trials += static_cast<std::int64_t>(sweep_.seeds.size());
  }
  if (added > 0) {
    found.later_seconds =
        seconds / static_cast<double>(added) * static_cast<double>(found.later_trials);
  }
  plan_.searches.push_back(std::move(found));
  return true;
}

std::vector<std::string> Expansion::add_configuration(Draft draft, const SearchPoint& point,
                                                      const std::vector<std::int64_t>& seeds) {
  SourcesAtPoint* sources = &sources_.front();
  if (!point.source.empty()) {
    std::string name;
    for (const config::Assignment& assignment : point.source) {
      name += assignment.path.setting + "=" + config::to_toml(assignment.value) + "\n";
    }
    sources = &searched_sources_[name];
    sources->point = point.source;
  }
  std::vector<std::string> ids;
  for (const std::int64_t seed : seeds) {
    draft.seed = static_cast<std::uint64_t>(seed);
    ids.push_back(
        add_at_sources(draft, point.target, builder_.settings(draft, point.target), *sources));
  }
  return ids;
}

}  // namespace attempt::sweep
