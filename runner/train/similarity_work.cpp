#include "runner/train/similarity_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "datasets/task.h"
#include "results/report/attention.h"
#include "results/report/task_relations.h"
#include "results/trial_file.h"
#include "runner/sweep/pooled_similarity.h"
#include "runner/train/trained_file.h"

namespace attempt::train {

using nlohmann::json;

namespace {

constexpr int kBadInput = 2;
constexpr std::size_t kMostShown = 12;  // prompts in a table that can be read

using results::TaskMatrix;

struct Prompt {
  std::string label;  ///< unique
  std::string task;
  bool is_source = false;
  bool is_plain = false;  ///< prompt tuning from nothing: its prompt stands for its task
  sweep::PromptRows rows;
};

sweep::PromptRows rows_of(const at::Tensor& prompt) {
  const at::Tensor plain = prompt.contiguous();
  return {plain.size(0),
          plain.size(1),
          {plain.const_data_ptr<float>(), plain.const_data_ptr<float>() + plain.numel()}};
}

double similarity(const std::string& measure, const sweep::PromptRows& a,
                  const sweep::PromptRows& b) {
  if (measure == "max_pooled_cosine") return sweep::max_pooled_cosine(a, b);
  const auto kind = measure == "mean_cosine"       ? sweep::Similarity::kMeanCosine
                    : measure == "pairwise_cosine" ? sweep::Similarity::kPairwiseCosine
                                                   : sweep::Similarity::kAlignedCosine;
  return sweep::prompt_similarity(kind, a, b);
}

class Comparison {
 public:
  explicit Comparison(const json& request) {
    for (const std::string path : request.at("files")) {
      try {
        read(path);
      } catch (const std::runtime_error& error) {
        exit_code_ = kBadInput;
        fmt::print(stderr, "attempt: error: {}\n", error.what());
      }
    }
    compare_prompts();
    read_attention();
    read_gains();
    correlations_ = results::rank_correlations(between_tasks_);
  }

  int print(const std::string& format) const {
    if (format == "json") print_json();
    if (format == "csv") print_csv();
    if (format == "table") print_tables();
    return exit_code_;
  }

 private:
  void read(const std::string& path) {
    const TrainedFile file = read_trained_file(path);
    Prompt prompt;
    if (!file.trial_id.empty()) {
      const results::TrialRecord record = results::read_trial_summary(path);
      prompt.task = record.tasks.size() == 1 ? record.tasks[0] : "";
      prompt.is_source = record.phase == "source";
      prompt.is_plain = record.method == "prompt_tuning";
      prompt.label =
          fmt::format("{}{}/{}/{}", prompt.is_source ? "source:" : "", prompt.task,
                      record.variant.empty() ? record.method : record.variant, record.seed);
      scores_.push_back(score_of(file, record));
      trials_.push_back(record);
    } else {
      prompt.label = file.path.filename().string();
      if (prompt.label == "adapter_model.bin" || prompt.label.empty()) {
        prompt.label = file.path.parent_path().filename().string();
      }
    }
    for (const model::NamedTensor& tensor : file.adapter.tensors) {
      if (tensor.name != "prompt") continue;
      prompt.rows = rows_of(tensor.value);
      const bool is_taken = std::any_of(prompts_.begin(), prompts_.end(), [&](const Prompt& other) {
        return other.label == prompt.label;
      });
      if (is_taken) prompt.label += "/" + file.sha256.substr(0, 6);
      prompts_.push_back(std::move(prompt));
      return;
    }
  }

  void compare_prompts() {
    for (const char* measure :
         {"mean_cosine", "pairwise_cosine", "aligned_cosine", "max_pooled_cosine"}) {
      TaskMatrix all{measure, {}};
      TaskMatrix by_task{std::string(measure) + " of tasks", {}};
      for (const Prompt& a : prompts_) {
        for (const Prompt& b : prompts_) {
          if (a.rows.rows != b.rows.rows || a.rows.width != b.rows.width) continue;
          const double value = similarity(measure, a.rows, b.rows);
          all.add(a.label, b.label, value);
          const bool are_tasks = !a.is_source && a.is_plain && b.is_source && b.is_plain;
          if (are_tasks && !a.task.empty() && !b.task.empty()) by_task.add(a.task, b.task, value);
        }
      }
      similarities_.push_back(std::move(all));
      if (!by_task.cells.empty()) between_tasks_.push_back(std::move(by_task));
    }
  }

  /// Mean attention of every target task to every source, a matrix a configuration.
  void read_attention() {
    std::map<std::string, TaskMatrix> found;
    for (const results::TrialRecord& record : trials_) {
      const std::string name =
          "attention of " + (record.variant.empty() ? record.method : record.variant);
      for (const auto& [task, summary] : record.attention) {
        const std::vector<double> weights = results::mean_weights(summary);
        found[name].name = name;
        for (std::size_t k = 0; k < weights.size(); ++k) {
          found[name].add(task, summary.names[k], weights[k]);
        }
      }
    }
    for (auto& [name, matrix] : found) {
      attention_.push_back(matrix);
      std::erase_if(matrix.cells, [](const auto& cell) { return cell.first.second == "target"; });
      between_tasks_.push_back(std::move(matrix));
    }
  }

  /// The reported metric of a trial on one task.
  static std::optional<double> score_of(const TrainedFile& file,
                                        const results::TrialRecord& record) {
    if (file.spec == nullptr || file.spec->tasks.size() != 1) return std::nullopt;
    const datasets::Task task = sweep::task_of(file.spec->tasks[0]);
    const auto result = record.test.find(task.name);
    if (result == record.test.end()) return std::nullopt;
    const auto found = result->second.metrics.find(task.reported_metric);
    if (found == result->second.metrics.end()) return std::nullopt;
    return found->second;
  }

  void read_gains() {
    std::vector<results::ScoredTrial> scored;
    for (std::size_t i = 0; i < trials_.size(); ++i) scored.push_back({&trials_[i], scores_[i]});
    TaskMatrix gains = results::transfer_gains(scored);
    if (gains.cells.empty()) return;
    gains_.push_back(gains);
    between_tasks_.push_back(std::move(gains));
  }

  /// @param as_table  without what is too wide to be read
  std::vector<const TaskMatrix*> printed(bool as_table) const {
    std::vector<const TaskMatrix*> all;
    if (!as_table || prompts_.size() <= kMostShown) {
      for (const TaskMatrix& matrix : similarities_) all.push_back(&matrix);
    }
    for (const TaskMatrix& matrix : between_tasks_) {
      const bool is_similarity = matrix.name.ends_with(" of tasks");
      if (is_similarity) all.push_back(&matrix);
    }
    for (const auto* list : {&attention_, &gains_}) {
      for (const TaskMatrix& matrix : *list) all.push_back(&matrix);
    }
    return all;
  }

  static json to_json(const TaskMatrix& matrix) {
    json object = {
        {"rows", matrix.rows()}, {"columns", matrix.columns()}, {"values", json::array()}};
    for (const std::string& row : matrix.rows()) {
      json values = json::array();
      for (const std::string& column : matrix.columns()) {
        const std::optional<double> value = matrix.mean({row, column});
        values.push_back(value ? json(*value) : json());
      }
      object["values"].push_back(std::move(values));
    }
    return object;
  }

  void print_json() const {
    json object = {{"matrices", json::object()}, {"rank_correlations", json::array()}};
    for (const results::MatrixCorrelation& each : correlations_) {
      object["rank_correlations"].push_back(
          {{"a", each.a},
           {"b", each.b},
           {"pairs", each.pairs},
           {"spearman", each.spearman ? json(*each.spearman) : json()}});
    }
    for (const TaskMatrix* matrix : printed(false))
      object["matrices"][matrix->name] = to_json(*matrix);
    fmt::print("{}\n", object.dump(1));
  }

  void print_csv() const {
    fmt::print("matrix,row,column,value\n");
    for (const TaskMatrix* matrix : printed(false)) {
      for (const auto& [cell, values] : matrix->cells) {
        fmt::print("{},{},{},{:.6g}\n", matrix->name, cell.first, cell.second, *matrix->mean(cell));
      }
    }
    for (const results::MatrixCorrelation& each : correlations_) {
      if (each.spearman) {
        fmt::print("rank_correlation,{},{},{:.6g}\n", each.a, each.b, *each.spearman);
      }
    }
  }

  void print_tables() const {
    for (const TaskMatrix* matrix : printed(true)) {
      const std::vector<std::string> rows = matrix->rows();
      const std::vector<std::string> columns = matrix->columns();
      std::size_t first = 0;
      for (const std::string& row : rows) first = std::max(first, row.size());
      fmt::print("{}\n{:<{}}", matrix->name, "", first);
      for (const std::string& column : columns) {
        fmt::print("  {:>{}}", column, std::max<std::size_t>(6, column.size()));
      }
      for (const std::string& row : rows) {
        fmt::print("\n{:<{}}", row, first);
        for (const std::string& column : columns) {
          const std::optional<double> value = matrix->mean({row, column});
          const std::string text = value ? fmt::format("{:.3f}", *value) : "-";
          fmt::print("  {:>{}}", text, std::max<std::size_t>(6, column.size()));
        }
      }
      fmt::print("\n\n");
    }
    if (!correlations_.empty()) fmt::print("Rank correlations (Spearman) over pairs of tasks\n");
    for (const results::MatrixCorrelation& each : correlations_) {
      fmt::print("  {} and {}: {} ({} pairs)\n", each.a, each.b,
                 each.spearman ? fmt::format("{:.3f}", *each.spearman) : "one of them is constant",
                 each.pairs);
    }
    if (prompts_.size() > kMostShown) {
      fmt::print("\n{} prompts: their own matrices are in --format csv and json\n",
                 prompts_.size());
    }
  }

  std::vector<Prompt> prompts_;
  std::vector<results::TrialRecord> trials_;
  std::vector<std::optional<double>> scores_;  ///< of trials_
  std::vector<TaskMatrix> similarities_;       ///< of all prompts
  std::vector<TaskMatrix> attention_;
  std::vector<TaskMatrix> gains_;
  std::vector<TaskMatrix> between_tasks_;  ///< target tasks x source tasks, what can be correlated
  std::vector<results::MatrixCorrelation> correlations_;
  int exit_code_ = 0;
};

}  // namespace

int run_similarity_work(const json& request) {
  return Comparison(request).print(request.value("format", "table"));
}

}  // namespace attempt::train
