#include "runner/sweep/plan_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runner/sweep/disk.h"
#include "runner/sweep/forecast.h"
#include "runner/sweep/search_output.h"

namespace attempt::sweep {
namespace {

using nlohmann::json;

/// For the forecast of disk space: trials whose checkpoints are there at the same time.
constexpr std::int64_t kRunningAtOnce = 8;

struct Totals {
  std::int64_t sources = 0;
  std::int64_t searched = 0;
  std::int64_t targets = 0;
  std::int64_t steps = 0;
  double seconds = 0;
};

Totals totals_of(const Plan& plan) {
  Totals totals;
  for (const PlannedTrial& trial : plan.trials) {
    const std::string& phase = trial.spec.phase;
    (phase == "source"   ? totals.sources
     : phase == "search" ? totals.searched
                         : totals.targets) += 1;
    totals.steps += trial.spec.train.total_steps;
    totals.seconds += trial.estimated_seconds;
  }
  return totals;
}

std::string row_name(const TrialSpec& spec) {
  return spec.variant.empty() ? spec.method : spec.variant;
}

json task_names(const TrialSpec& spec) {
  json names = json::array();
  for (const TaskSpec& task : spec.tasks) {
    names.push_back(task.name);
  }
  return names;
}

/// The examples of all tasks of a trial together.
TaskSpec all_counts(const TrialSpec& spec) {
  TaskSpec all;
  for (const TaskSpec& task : spec.tasks) {
    all.train_examples += task.train_examples;
    all.validation_examples += task.validation_examples;
    all.test_examples += task.test_examples;
  }
  return all;
}

/// {"train.epochs": {"value": "20", "layer": "default"}, ...}
json config_of(const PlannedTrial& trial) {
  json config = json::object();
  for (const ValueOrigin& value : *trial.values) {
    config[value.key] = {{"value", value.value}, {"layer", value.layer}};
  }
  return config;
}

}  // namespace

nlohmann::json plan_json(const Plan& plan) {
  json trials = json::array();
  for (const PlannedTrial& trial : plan.trials) {
    const TrialSpec& spec = trial.spec;
    const TaskSpec counts = all_counts(spec);
    trials.push_back({{"trial_id", spec.trial_id},
                      {"phase", spec.phase},
                      {"method", spec.method},
                      {"variant", spec.variant},
                      {"tasks", task_names(spec)},
                      {"seed", spec.seed},
                      {"trainable_parameters", spec.trainable_parameters},
                      {"prompt_rows", trial.prompt_rows},
                      {"total_steps", spec.train.total_steps},
                      {"warmup_steps", spec.train.optimizer.warmup_steps},
                      {"train_examples", counts.train_examples},
                      {"validation_examples", counts.validation_examples},
                      {"test_examples", counts.test_examples},
                      {"selection_metric", trial.selection_metric},
                      {"depends_on", spec.depends_on},
                      {"estimated_seconds", trial.estimated_seconds},
                      {"estimated_low", interval_of(trial.estimated_seconds, trial.spread).low},
                      {"estimated_high", interval_of(trial.estimated_seconds, trial.spread).high},
                      {"memory_bytes", trial.memory_bytes},
                      {"measured", trial.is_measured},
                      {"comparable", spec.comparable},
                      {"config", config_of(trial)}});
  }
  const Totals totals = totals_of(plan);
  return {{"trials", std::move(trials)},
          {"totals",
           {{"trials", totals.sources + totals.searched + totals.targets},
            {"source_trials", totals.sources},
            {"search_trials", totals.searched},
            {"target_trials", totals.targets},
            {"total_steps", totals.steps},
            {"estimated_seconds", totals.seconds},
            {"disk_bytes", study_bytes(plan, kRunningAtOnce)},
            {"disk_files", study_files(plan, kRunningAtOnce)}}},
          {"searches", searches_json(plan.searches)},
          {"warnings", plan.warnings}};
}

std::string plan_text(const Plan& plan, bool with_values) {
  std::string text;
  write_plan_text(plan, with_values, [&](const std::string& piece) { text += piece; });
  return text;
}

void write_plan_text(const Plan& plan, bool with_values,
                     const std::function<void(const std::string&)>& write) {
  std::size_t width = 6;
  std::size_t task_width = 10;
  for (const PlannedTrial& trial : plan.trials) {
    width = std::max(width, row_name(trial.spec).size());
    task_width = std::max(task_width, task_text(trial.spec).size());
  }
  write(fmt::format("{:<8}  {:<6}  {:<{}}  {:<{}} {:>6} {:>11} {:>5} {:>7} {:>20}  {:>8}  {}\n",
                    "trial", "phase", "method", width, "task", task_width, "seed", "parameters",
                    "rows", "steps", "train/val/test", "estimate", "needs"));
  for (const PlannedTrial& trial : plan.trials) {
    const TrialSpec& spec = trial.spec;
    const TaskSpec counts = all_counts(spec);
    std::string needs;
    for (const SourceRef& source : spec.sources) {
      needs += (needs.empty() ? "" : " ") + source.name +
               (source.trial_id.empty() ? " (file)" : ":" + source.trial_id.substr(0, 8));
    }
    if (spec.start_choice.is_made()) needs += " probe:" + spec.start_choice.probe.substr(0, 8);
    for (const TensorStart& start : spec.starts) {
      needs += std::string(needs.empty() ? "" : " ") +
               (start.tensors == TensorStart::kG ? "G" : "start") +
               (start.trial_id.empty() ? " (file)" : ":" + start.trial_id.substr(0, 8));
    }
    write(fmt::format("{:<8}  {:<6}  {:<{}}  {:<{}} {:>6} {:>11} {:>5} {:>7} {:>20}  {:>8}  {}\n",
                      spec.trial_id.substr(0, 8), spec.phase, row_name(spec), width,
                      task_text(spec), task_width, spec.seed, spec.trainable_parameters,
                      trial.prompt_rows, spec.train.total_steps,
                      fmt::format("{}/{}/{}", counts.train_examples, counts.validation_examples,
                                  counts.test_examples),
                      duration(trial.estimated_seconds), needs.empty() ? "-" : needs));
    if (!with_values) continue;
    for (const ValueOrigin& value : *trial.values) {
      write(fmt::format("    {} = {}  ({})\n", value.key, value.value, value.layer));
    }
  }
  const Totals totals = totals_of(plan);
  write(fmt::format(
      "\n{} trials ({} source, {}{} target), {} data sets to prepare, {} steps, about {} of "
      "work; about {:.1f} MB in {} files on disk with {} trials at once\n",
      totals.sources + totals.searched + totals.targets, totals.sources,
      totals.searched > 0 ? fmt::format("{} search, ", totals.searched) : "", totals.targets,
      plan.prepare.size(), totals.steps, duration(totals.seconds),
      static_cast<double>(study_bytes(plan, kRunningAtOnce)) / 1e6,
      study_files(plan, kRunningAtOnce), kRunningAtOnce));
  write(searches_text(plan.searches));
  for (const std::string& warning : plan.warnings) write("warning: " + warning + "\n");
}

}  // namespace attempt::sweep
