#include "runner/train/eval_work.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "model/shapes/model_error.h"
#include "runner/train/evaluator.h"
#include "runner/train/served_task.h"
#include "runner/train/serving_request.h"

namespace attempt::train {

using nlohmann::json;

namespace {

constexpr int kBadInput = 2;

/// The trial's tasks, or the one that was asked for (or an import was told): with the trial's
/// settings where it is one of its own, else with the default ones.
std::vector<ServedTask> tasks_of(const LoadedTrial& trial, std::string wanted,
                                 TrialLoader& loader) {
  std::vector<ServedTask> tasks;
  for (const sweep::TaskSpec& task : trial.spec.tasks) {
    const auto id = static_cast<std::int64_t>(tasks.size());
    tasks.push_back({&trial, trial.spec.data, task, id});
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
  for (const ServedTask& task : tasks) {
    if (task.task.name == wanted) return {task};
  }
  const bool has_prompt_a_task = trial.spec.method_options.tasks.size() > 1;
  if (has_prompt_a_task) {
    throw model::ModelError(trial.file.path.string(),
                            "has tensors of its own tasks and '" + wanted + "' is none of them");
  }
  if (loader.place().data_root.empty()) {
    throw model::ModelError(trial.file.path.string(),
                            "does not say where the data of '" + wanted + "' are. Say --data ROOT");
  }
  TrialLoader::TaskSettings settings = loader.default_task(wanted);
  return {{&trial, std::move(settings.data), std::move(settings.task), 0}};
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
    const auto files = request_.at("files").get<std::vector<std::string>>();
    const bool leaves_out = request_.value("leave_one_out", false);
    const bool is_alone = files.size() == 1 || leaves_out;  // then it is the trial's to the bit
    for (const std::string& path : files) {
      guarded([&] {
        const SourceChange change = change_of(request_);
        auto trial = std::make_unique<LoadedTrial>(loader_.load(path, change));
        const std::vector<ServedTask> tasks = tasks_of(*trial, request_.value("task", ""), loader_);
        const bool shares = !is_alone && may_share_batches(*trial);
        for (const ServedTask& task : tasks) {
          if (!shares) evaluate(task, change.removed);
          if (shares) sharing_.push_back(task);
        }
        if (shares) kept_.push_back(std::move(trial));
        if (leaves_out) leave_one_out(path, change);
      });
    }
    evaluate_sharing();
    if (request_.value("json", false)) {
      const auto place = [&](const json& entry) {
        return std::find(files.begin(), files.end(), entry["file"].get<std::string>());
      };
      std::stable_sort(results_.begin(), results_.end(),
                       [&](const json& a, const json& b) { return place(a) < place(b); });
      fmt::print("{}\n", json(results_).dump(1));
    }
    if (predictions_ && !predictions_->flush()) {
      throw model::ModelError(request_.value("predictions", ""), "cannot be written (disk full?)");
    }
    return exit_code_;
  }

 private:
  /// Does what may be refused: the other files are evaluated all the same.
  void guarded(const std::function<void()>& work) {
    try {
      work();
    } catch (const std::runtime_error& error) {
      exit_code_ = kBadInput;
      std::fflush(stdout);
      fmt::print(stderr, "attempt: error: {}\n", error.what());
    }
  }

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
      const LoadedTrial trial = loader_.load(path, without);
      for (const ServedTask& task : tasks_of(trial, request_.value("task", ""), loader_)) {
        evaluate(task, {name});
      }
    }
  }

  void use_threads(std::int64_t threads) const {
    at::set_num_threads(threads > 0 ? static_cast<int>(threads) : threads_);
  }

  using Clock = std::chrono::steady_clock;

  /// @param removed  what the result shall say was left out
  void evaluate(const ServedTask& task, const std::vector<std::string>& removed) {
    const sweep::TrialSpec& spec = task.trial->spec;
    use_threads(spec.threads);
    const TaskTokens tokens = TrialLoader::open(task.data, task.task, task.task_id);
    const Evaluator evaluator(
        loader_.tokenizer(), {loader_.device(), task.data.rules, spec.train.evaluation_batch_size});
    const auto start = Clock::now();
    const SplitEvaluation result = evaluator.evaluate(*task.trial->method, tokens, split_, {}, {});
    const std::chrono::duration<double> seconds = Clock::now() - start;
    add(task, *tokens.task, removed, result,
        static_cast<double>(result.predictions.size()) / seconds.count());
  }

  /// The files whose rows share batches.
  void evaluate_sharing() {
    const std::vector<std::string> removed = change_of(request_).removed;
    for (const ServedGroup& group : groups_of(sharing_, loader_)) {
      bool is_done = false;
      if (group.mixed != nullptr) {
        try {
          evaluate(group, removed);
          is_done = true;
        } catch (const std::runtime_error&) {
          // one of them is refused: alone it is named, and the others have their results
        }
      }
      for (const std::size_t i : group.members) {
        if (!is_done) guarded([&] { evaluate(sharing_[i], removed); });
      }
    }
  }

  void evaluate(const ServedGroup& group, const std::vector<std::string>& removed) {
    std::vector<SharingTask> tasks;
    std::int64_t threads = 0;
    for (const std::size_t i : group.members) {
      const ServedTask& task = sharing_[i];
      const auto place = static_cast<std::int64_t>(tasks.size());
      tasks.push_back({TrialLoader::open(task.data, task.task, place), task.data.rules});
      threads = std::max(threads, task.trial->spec.threads);
    }
    use_threads(threads);
    const Evaluator evaluator(
        loader_.tokenizer(),
        {loader_.device(), {}, sharing_[group.members[0]].trial->spec.train.evaluation_batch_size});
    const auto start = Clock::now();
    const std::vector<SplitEvaluation> results =
        evaluator.evaluate_together(*group.mixed, tasks, split_);
    const std::chrono::duration<double> seconds = Clock::now() - start;
    std::size_t examples = 0;
    for (const SplitEvaluation& result : results) examples += result.predictions.size();
    for (std::size_t k = 0; k < results.size(); ++k) {
      add(sharing_[group.members[k]], *tasks[k].tokens.task, removed, results[k],
          static_cast<double>(examples) / seconds.count());
    }
  }

  void add(const ServedTask& served, const datasets::Task& task,
           const std::vector<std::string>& removed, const SplitEvaluation& result,
           double examples_per_second) {
    const LoadedTrial& trial = *served.trial;
    json entry = {{"trial", trial.file.trial_id},
                  {"file", trial.file.path.string()},
                  {"method", trial.spec.method_options.method},
                  {"variant", trial.spec.variant},
                  {"seed", trial.spec.seed},
                  {"task", served.task.name},
                  {"split", datasets::split_name(split_)},
                  {"metrics", result.scores.metrics},
                  {"examples", result.predictions.size()},
                  {"examples_per_second", examples_per_second}};
    entry["metrics"]["loss"] = result.loss;
    entry["metrics"]["constant_score"] = result.scores.constant_score;
    entry["metrics"]["unparsable"] = static_cast<double>(result.scores.unparsable);
    if (!removed.empty()) entry["without_sources"] = removed;
    if (!result.attention.is_empty()) add_attention(result.attention.summary(), entry);
    if (predictions_) write_predictions(entry, result);
    if (!request_.value("json", false)) print(entry, task);
    results_.push_back(std::move(entry));
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
  std::vector<std::unique_ptr<LoadedTrial>> kept_;  ///< of sharing_
  std::vector<ServedTask> sharing_;                 ///< tasks whose rows may share batches
  std::vector<json> results_;
  int exit_code_ = 0;
};

}  // namespace

int run_eval_work(const json& request, const at::Device& device) {
  return Evaluation(request, device).run();
}

}  // namespace attempt::train
