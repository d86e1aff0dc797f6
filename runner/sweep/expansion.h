#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runner/sweep/expand.h"
#include "runner/sweep/search_space.h"
#include "runner/sweep/trial_builder.h"

namespace attempt::sweep {

/// One expansion of a sweep into its plan; expand() is how others see it. In expand.cpp the order
/// of phases, targets and seeds; in expand_starts.cpp what starts from trials on the source tasks;
/// in expand_search.cpp the configurations of a search.
class Expansion {
 public:
  Expansion(const config::SweepFile& sweep, StudyInputs& inputs, const SearchStates& searched)
      : sweep_(sweep),
        inputs_(inputs),
        searched_(searched),
        backbone_(inputs.backbone(sweep)),
        builder_(sweep_, backbone_, inputs_, problems_, warnings_) {}

  Plan run();

 private:
  /// Source prompts at a point of the source axes, by seed; deep ones are added when asked for.
  struct SourcesAtPoint {
    AxisPoint point;
    std::map<std::uint64_t, AvailableSources> by_seed;
    std::map<std::uint64_t, AvailableSources> deep_by_seed;
    /// By the task, and whether the prompt is deep; the same for all seeds.
    std::map<std::pair<std::string, bool>, TrialSettings> settings;
  };

  void split_axes();
  /// Whether settings may differ from seed to seed.
  bool has_seed_settings() const;
  void add_sources();
  AvailableSources sources_of(SourcesAtPoint& sources, std::uint64_t seed, bool is_deep);
  /// A source prompt that the planned trial `id` trains.
  AvailableSource trained_source(const std::string& name, const std::string& id) const;
  void add_targets();
  void add_task_lists();
  /// The target with every seed of the study, at every point of the axes or configuration of the
  /// search.
  void add_seeds(Draft draft);
  void add_target(const Draft& draft, const AxisPoint& point, const TrialSettings& settings);
  /// @return the id of the target's trial, "" where it cannot be.
  std::string add_at_sources(const Draft& draft, const AxisPoint& point,
                             const TrialSettings& settings, SourcesAtPoint& sources);
  /// The configurations of a target, and the chosen one with the seeds of the study. @return false
  /// where nothing of the search's space concerns the target.
  bool add_search(const Draft& target);
  /// One configuration (a point) with some seeds. @return the ids of its trials.
  std::vector<std::string> add_configuration(Draft draft, const SearchPoint& point,
                                             const std::vector<std::int64_t>& seeds);
  /// A target that starts from what its method trains on the source tasks together.
  std::string add_from_mixture(const Draft& draft, const AxisPoint& point,
                               const TrialSettings& settings, const AxisPoint& source_point);
  /// The target with a G that is trained on the source tasks; nothing where that is impossible.
  std::optional<Draft> with_pretrained_g(const Draft& draft, const Settings& settings,
                                         const AxisPoint& source_point,
                                         const AvailableSources& sources);
  /// Adds a trial unless an equal one is there. @return its id, "" when its data are unusable.
  std::string add(const Draft& draft, const AxisPoint& point, const TrialSettings& settings,
                  const AvailableSources& sources);
  std::string add(const Draft& draft, const AxisPoint& point, const AvailableSources& sources);
  void note_equal(const PlannedTrial& first, const Draft& second);

  const config::SweepFile& sweep_;
  StudyInputs& inputs_;
  const SearchStates& searched_;
  config::Problems problems_;
  std::vector<std::string> warnings_;
  BackboneFacts backbone_;
  TrialBuilder builder_;

  std::vector<config::Axis> source_axes_;
  std::vector<config::Axis> target_axes_;
  const AvailableSources& sources_for(SourcesAtPoint& sources, std::uint64_t seed, bool is_deep);
  /// Seed of the source prompts that a target of `seed` takes.
  std::uint64_t source_seed(std::uint64_t seed) const;
  std::vector<SourcesAtPoint> sources_;
  std::map<std::string, SourcesAtPoint> searched_sources_;  ///< by the point as TOML
  std::set<std::string> searched_keys_;                     ///< of [search.space], of some target
  std::map<std::string, std::string> unusable_;             ///< task -> why
  std::set<std::string> misdefined_;                        ///< tasks whose problem has been named
  std::map<std::string, std::size_t> index_;                ///< trial id -> place in plan_.trials
  Plan plan_;
};

}  // namespace attempt::sweep
