#include "runner/sweep/disk.h"

#include <algorithm>
#include <functional>

namespace attempt::sweep {

namespace {

constexpr std::int64_t kFileBytes = 20'000;        // configuration, provenance, HDF5's own
constexpr std::int64_t kStepBytes = 4 * 8;         // a row of train/
constexpr std::int64_t kPredictionBytes = 3 * 40;  // prediction, target, id
constexpr std::int64_t kFloatBytes = 4;
constexpr std::int64_t kCopies = 4;  // parameters, best, two moments
constexpr std::int64_t kKeptCheckpoints = 2;
/// The trial and its digest, spec, log, and two files of its lease.
constexpr std::int64_t kFilesPerTrial = 6;
constexpr std::int64_t kFilesPerPrepare = 2;  // spec and log
/// Of a running one: the folder of its checkpoints, those kept and the one being written, its
/// unfinished trial file.
constexpr std::int64_t kFilesPerRunning = 1 + kKeptCheckpoints + 1 + 1;
/// Folders, sweep.toml, plan.json, results.h5, job script; one run's events, state, exit, holder.
constexpr std::int64_t kFilesPerStudy = 9 + 4 + 4;

bool keeps_parameters(const TrialSpec& spec) {
  if (spec.phase == "source" || spec.save_parameters == "all") return true;
  return spec.save_parameters == "small" && !spec.method_options.method.starts_with("fine_tuning");
}

std::int64_t record_bytes(const TrialSpec& spec) {
  std::int64_t rows = 0;
  for (const TaskSpec& task : spec.tasks) rows += task.test_examples;
  return kFileBytes + kStepBytes * spec.train.total_steps +
         (spec.keep_predictions ? kPredictionBytes * rows : 0);
}

}  // namespace

std::int64_t trial_file_bytes(const TrialSpec& spec) {
  return record_bytes(spec) +
         (keeps_parameters(spec) ? kFloatBytes * spec.trainable_parameters : 0);
}

std::int64_t checkpoint_bytes(const TrialSpec& spec) {
  return kKeptCheckpoints * (kCopies * kFloatBytes * spec.trainable_parameters + kFileBytes +
                             kStepBytes * spec.train.total_steps);
}

std::int64_t study_bytes(const Plan& plan, std::int64_t running) {
  std::int64_t bytes = 0;
  std::vector<std::int64_t> checkpoints;
  for (const PlannedTrial& trial : plan.trials) {
    bytes += trial_file_bytes(trial.spec) + record_bytes(trial.spec);
    checkpoints.push_back(checkpoint_bytes(trial.spec));
  }
  std::sort(checkpoints.begin(), checkpoints.end(), std::greater<>());
  for (std::size_t i = 0;
       i < std::min<std::size_t>(checkpoints.size(), static_cast<std::size_t>(running)); ++i) {
    bytes += checkpoints[i];
  }
  return bytes;
}

std::int64_t study_files(const Plan& plan, std::int64_t running) {
  const auto trials = static_cast<std::int64_t>(plan.trials.size());
  return kFilesPerStudy + kFilesPerTrial * trials +
         kFilesPerPrepare * static_cast<std::int64_t>(plan.prepare.size()) +
         kFilesPerRunning * std::min(trials, running);
}

}  // namespace attempt::sweep
