#pragma once

#include <cstdint>

#include "runner/sweep/plan.h"
#include "runner/sweep/source_prompts.h"
#include "runner/sweep/study_inputs.h"
#include "runner/sweep/trial_kind.h"

namespace attempt::sweep {

/// What trials that differ in their seed alone share.
struct TrialSettings {
  Settings effective;
  Settings defaults;  ///< what a trial id leaves out
  std::shared_ptr<const std::vector<ValueOrigin>> values;
};

/// Makes complete trials out of drafts: settings -> TrialSpec, with steps, counts, parameters,
/// sources and id; and refuses what cannot be trained.
class TrialBuilder {
 public:
  /// All references must outlive the builder.
  TrialBuilder(const config::SweepFile& sweep, const BackboneFacts& backbone, StudyInputs& inputs,
               config::Problems& problems, std::vector<std::string>& warnings);

  /// Reports what is wrong with the settings.
  TrialSettings settings(const Draft& draft, const AxisPoint& point);

  /// @param settings  of this draft at this point
  PlannedTrial build(const Draft& draft, const AxisPoint& point, const TrialSettings& settings,
                     const AvailableSources& available);

 private:
  /// Tensors of other trials that the trial starts from.
  void choose_starts(const Draft& draft, const Settings& settings, TrialSpec& spec);
  DataSpec data_spec(const Settings& settings) const;
  TaskSpec task_spec(const Draft& draft, const datasets::Task& task, const Settings& settings,
                     const DataSpec& data);
  TrainSpec train_spec(const Draft& draft, const Settings& settings,
                       const std::vector<TaskSpec>& tasks);
  std::int64_t trained_parameters(const model::MethodOptions& options);
  void check(const Draft& draft, const Settings& settings, const TrialSpec& spec);

  const config::SweepFile& sweep_;
  const BackboneFacts& backbone_;
  StudyInputs& inputs_;
  config::Problems& problems_;
  std::vector<std::string>& warnings_;
  const SpeedTable speeds_;
  TrialKinds kinds_;
  /// What was counted last: trials of a method follow each other.
  model::MethodOptions counted_options_;
  std::int64_t counted_parameters_ = 0;
};

/// ceil(epochs * steps an epoch).
std::int64_t steps_of_epochs(double epochs, std::int64_t an_epoch);

/// warmup_steps = "auto": min(500, round(0.06 * steps)).
std::int64_t automatic_warmup(std::int64_t steps);

/// True where the published tables were made with the same split, text and metric rules; tasks.md
/// section 1.
bool is_comparable(const datasets::Task& task, const datasets::DataRules& rules,
                   const TaskSpec& spec, const std::string& method);

}  // namespace attempt::sweep
