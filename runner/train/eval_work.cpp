#include "runner/train/eval_work.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "model/shapes/model_error.h"
#include "runner/train/evaluator.h"
#include "runner/train/serving_request.h"

namespace attempt::train {

using nlohmann::json;

namespace {

constexpr int kBadInput = 2;

struct EvaluatedTask {
  sweep::DataSpec data;
  sweep::TaskSpec task;
  std::int64_t task_id = 0;  ///< its place among the tasks of the trial
};

/// The trial's tasks, or the one that was asked for (or an import was told): with the trial's
/// settings where it is one of its own, else with the default ones.
std::vector<EvaluatedTask> tasks_of(const LoadedTrial& trial, std::string wanted,
                                    TrialLoader& loader) {
  std::vector<EvaluatedTask> tasks;
  for (const sweep::TaskSpec& task : trial.spec.tasks) {
    const auto id = static_cast<std::int64_t>(tasks.size());
    tasks.push_back({trial.spec.data, task, id});
  }
  if (wanted.empty() && tasks.empty() && !trial.file.tasks.empty()) wanted = trial.file.tasks[0];
  if (wanted.empty()) {
    if (tasks.empty()) {
      throw model::ModelError(trial.file.path.string(),
                              "does not say which task it was trained "
                              "for. Say --task NAME");
    }
    return tasks;
  }
  for (const EvaluatedTask& task : tasks) {
    if (task.task.name == wanted) return {task};
  }
  const bool has_prompt_a_task = trial.spec.method_options.tasks.size() > 1;
  if (has_prompt_a_task) {
    throw model::ModelError(trial.file.path.string(),
                            "has tensors of its own tasks and '" + wanted + "' is none of them");
  }
  TrialLoader::TaskSettings settings = loader.default_task(wanted);
  return {{std::move(settings.data), std::move(settings.task), 0}};
}

datasets::Split split_named(const std::string& name) {
  for (const auto split :
       {datasets::Split::kTrain, datasets::Split::kValidation, datasets::Split::kTest}) {
    if (datasets::split_name(split) == name) return split;
  }
  throw model::ModelError("--split", "is '" + name + "' (must be train, validation or test)");
}

class Evaluation {
 public:
  Evaluation(const json& request, const at::Device& device)
      : request_(request),
        split_(split_named(request.value("split", "test"))),
        loader_(place_of(request), device),
        threads_(at::get_num_threads()) {
    if (const std::string file = request.value("predictions", ""); !file.empty()) {
      predictions_.emplace(file);
      if (!*predictions_) throw model::ModelError(file, "cannot be written");
    }
  }

  int run() {
    for (const std::string path : request_.at("files")) {
      try {
        const SourceChange change = change_of(request_);
        evaluate(path, change, change.removed);
        if (request_.value("leave_one_out", false)) leave_one_out(path, change);
      } catch (const std::runtime_error& error) {
        exit_code_ = kBadInput;
        std::fflush(stdout);
        fmt::print(stderr, "attempt: error: {}\n", error.what());
      }
    }
    if (request_.value("json", false)) fmt::print("{}\n", results_.dump(1));
    if (predictions_ && !predictions_->flush()) {
      throw model::ModelError(request_.value("predictions", ""), "cannot be written (disk full?)");
    }
    return exit_code_;
  }

 private:
  void leave_one_out(const std::string& path, const SourceChange& change) {
    const std::vector<std::string> mixed =
        loader_.load(path, change).spec.method_options.mixed_sources;
    if (mixed.size() < 2) {
      throw model::ModelError(path,
                              "mixes fewer than two source prompts (there is none to leave "
                              "out)");
    }
    for (const std::string& name : mixed) {
      SourceChange without = change;
      const auto added = std::find_if(without.added.begin(), without.added.end(),
                                      [&](const auto& entry) { return entry.name == name; });
      if (added != without.added.end()) {
        without.added.erase(added);
      } else {
        without.removed.push_back(name);
      }
      evaluate(path, without, {name});
    }
  }

  /// @param removed  what the result shall say was left out
  void evaluate(const std::string& path, const SourceChange& change,
                const std::vector<std::string>& removed) {
    LoadedTrial trial = loader_.load(path, change);
    at::set_num_threads(trial.spec.threads > 0 ? static_cast<int>(trial.spec.threads) : threads_);
    for (EvaluatedTask& task : tasks_of(trial, request_.value("task", ""), loader_)) {
      TaskTokens tokens = open_task(task.data, task.task, task.task_id);
      draw_few_shot(tokens);
      const Evaluator evaluator(loader_.tokenizer(), {loader_.device(), task.data.rules,
                                                      trial.spec.train.evaluation_batch_size});
      const auto start = std::chrono::steady_clock::now();
      const SplitEvaluation result = evaluator.evaluate(*trial.method, tokens, split_, {}, {});
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      json entry = {{"trial", trial.file.trial_id},
                    {"file", path},
                    {"method", trial.spec.method_options.method},
                    {"variant", trial.spec.variant},
                    {"seed", trial.spec.seed},
                    {"task", task.task.name},
                    {"split", datasets::split_name(split_)},
                    {"metrics", result.scores.metrics},
                    {"examples", result.predictions.size()},
                    {"examples_per_second",
                     static_cast<double>(result.predictions.size()) / seconds.count()}};
      entry["metrics"]["loss"] = result.loss;
      entry["metrics"]["constant_score"] = result.scores.constant_score;
      entry["metrics"]["unparsable"] = static_cast<double>(result.scores.unparsable);
      if (!removed.empty()) entry["without_sources"] = removed;
      if (!result.attention.is_empty()) add_attention(result.attention.summary(), entry);
      if (predictions_) write_predictions(entry, result);
      if (!request_.value("json", false)) print(entry, *tokens.task);
      results_.push_back(std::move(entry));
    }
  }

  static void add_attention(const results::AttentionSummary& summary, json& entry) {
    entry["attention"] = {{"names", summary.names},
                          {"shape", summary.shape},
                          {"mean", summary.mean},
                          {"std", summary.std}};
  }

  void write_predictions(const json& entry, const SplitEvaluation& result) {
    for (std::size_t i = 0; i < result.predictions.size(); ++i) {
      json line = {{"trial", entry["trial"]},    {"file", entry["file"]},
                   {"task", entry["task"]},      {"split", entry["split"]},
                   {"id", result.ids[i]},        {"prediction", result.predictions[i]},
                   {"target", result.targets[i]}};
      if (entry.contains("without_sources")) line["without_sources"] = entry["without_sources"];
      *predictions_ << line.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
    }
  }

  static void print(const json& entry, const datasets::Task& task) {
    const std::string trial = entry["trial"];
    fmt::print("{:<12}  {:<12} {:<16} {:<10}", trial.empty() ? "imported" : trial.substr(0, 12),
               entry["task"].get<std::string>(), entry["method"].get<std::string>(),
               entry["split"].get<std::string>());
    for (const std::string& metric : task.metrics) {
      if (entry["metrics"].contains(metric)) {
        fmt::print("  {} {:.2f}", metric, entry["metrics"][metric].get<double>());
      }
    }
    fmt::print("  loss {:.4f}  {:.0f} examples/s", entry["metrics"]["loss"].get<double>(),
               entry["examples_per_second"].get<double>());
    if (entry.contains("without_sources")) {
      fmt::print("  without {} (not trained again)",
                 fmt::join(entry["without_sources"].get<std::vector<std::string>>(), ", "));
    }
    fmt::print("\n");
  }

  const json& request_;
  datasets::Split split_;
  TrialLoader loader_;
  int threads_;
  std::optional<std::ofstream> predictions_;
  json results_ = json::array();
  int exit_code_ = 0;
};

}  // namespace

int run_eval_work(const json& request, const at::Device& device) {
  return Evaluation(request, device).run();
}

}  // namespace attempt::train
