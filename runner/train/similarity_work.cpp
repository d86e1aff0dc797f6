#include "runner/train/similarity_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/correlation.h"
#include "datasets/task.h"
#include "results/trial_file.h"
#include "runner/sweep/pooled_similarity.h"
#include "runner/train/trained_file.h"

namespace attempt::train {

using nlohmann::json;

namespace {

constexpr int kBadInput = 2;
constexpr std::size_t kFewestPairs = 3;  // of a rank correlation

/// A matrix by names, with holes.
struct Matrix {
  std::string name;
  std::map<std::pair<std::string, std::string>, std::vector<double>> cells;  ///< to be averaged

  void add(const std::string& row, const std::string& column, double value) {
    cells[{row, column}].push_back(value);
  }

  double mean(const std::pair<std::string, std::string>& cell) const {
    const auto found = cells.find(cell);
    if (found == cells.end()) return std::nan("");
    double sum = 0;
    for (const double value : found->second) sum += value;
    return sum / static_cast<double>(found->second.size());
  }

  std::vector<std::string> names(bool of_rows) const {
    std::set<std::string> found;
    for (const auto& [cell, values] : cells) found.insert(of_rows ? cell.first : cell.second);
    return {found.begin(), found.end()};
  }
};

struct Prompt {
  std::string label;  ///< unique
  std::string task;
  bool is_source = false;
  bool is_plain = false;  ///< prompt tuning from nothing: its prompt stands for its task
  sweep::PromptRows rows;
};

struct Trial {
  results::TrialRecord record;
  std::string start_source;  ///< of a spot trial from one named source
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
    compare_matrices();
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
      Trial trial{results::read_trial_summary(path), ""};
      const auto& record = trial.record;
      prompt.task = record.tasks.size() == 1 ? record.tasks[0] : "";
      prompt.is_source = record.phase == "source";
      prompt.is_plain = record.method == "prompt_tuning";
      const bool is_fixed =
          file.spec != nullptr && record.method == "spot" && !file.spec->start_choice.is_made();
      if (is_fixed) trial.start_source = file.spec->method_options.start_source;
      prompt.label =
          fmt::format("{}/{}/{}", prompt.task,
                      record.variant.empty() ? record.method : record.variant, record.seed);
      trials_.push_back(std::move(trial));
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
      Matrix all{measure, {}};
      Matrix by_task{measure, {}};
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
    std::map<std::string, Matrix> found;
    for (const Trial& trial : trials_) {
      const results::TrialRecord& record = trial.record;
      const std::string name =
          "attention of " + (record.variant.empty() ? record.method : record.variant);
      for (const auto& [task, summary] : record.attention) {
        const std::size_t sources = summary.names.size();
        const std::size_t values = summary.mean.size();
        if (sources == 0 || values % sources != 0) continue;
        const std::size_t others = values / sources;  // rows of a prompt behind, or layers before
        const bool is_last = summary.shape.back() == static_cast<std::int64_t>(sources);
        for (std::size_t k = 0; k < sources; ++k) {
          double sum = 0;
          for (std::size_t i = 0; i < others; ++i) {
            sum += summary.mean[is_last ? i * sources + k : k * others + i];
          }
          found[name].name = name;
          found[name].add(task, summary.names[k], sum / static_cast<double>(others));
        }
      }
    }
    for (auto& [name, matrix] : found) {
      attention_.push_back(matrix);
      std::erase_if(matrix.cells, [](const auto& cell) { return cell.first.second == "target"; });
      between_tasks_.push_back(std::move(matrix));
    }
  }

  static double score_of(const results::TrialRecord& record, const std::string& task) {
    const auto result = record.test.find(task);
    if (result == record.test.end()) return std::nan("");
    std::string metric;
    for (const datasets::Task& known : datasets::all_tasks()) {
      if (known.name == task) metric = known.reported_metric;
    }
    const auto found = result->second.metrics.find(metric);
    return found == result->second.metrics.end() ? std::nan("") : found->second;
  }

  /// What starting from a source prompt gained over plain prompt tuning with the same seed.
  void read_gains() {
    Matrix gains{"transfer_gain", {}};
    for (const Trial& spot : trials_) {
      if (spot.start_source.empty()) continue;
      const std::string& task = spot.record.tasks.at(0);
      for (const Trial& plain : trials_) {
        const results::TrialRecord& record = plain.record;
        const bool is_plain = record.method == "prompt_tuning" && record.phase == "target" &&
                              record.seed == spot.record.seed && record.tasks == spot.record.tasks;
        const double gain = is_plain ? score_of(spot.record, task) - score_of(record, task) : NAN;
        if (!std::isnan(gain)) gains.add(task, spot.start_source, gain);
      }
    }
    if (gains.cells.empty()) return;
    gains_.push_back(gains);
    between_tasks_.push_back(std::move(gains));
  }

  /// Spearman's correlation of every two matrices over the pairs of different tasks in both.
  void compare_matrices() {
    for (std::size_t i = 0; i < between_tasks_.size(); ++i) {
      for (std::size_t j = i + 1; j < between_tasks_.size(); ++j) {
        std::vector<double> a;
        std::vector<double> b;
        for (const auto& [cell, values] : between_tasks_[i].cells) {
          const double other = between_tasks_[j].mean(cell);
          if (cell.first == cell.second || std::isnan(other)) continue;
          a.push_back(between_tasks_[i].mean(cell));
          b.push_back(other);
        }
        if (a.size() < kFewestPairs) continue;
        const double spearman = datasets::spearman(a, b);
        correlations_.push_back({{"a", between_tasks_[i].name},
                                 {"b", between_tasks_[j].name},
                                 {"pairs", a.size()},
                                 {"spearman", std::isnan(spearman) ? json() : json(spearman)}});
      }
    }
  }

  std::vector<const Matrix*> printed() const {
    std::vector<const Matrix*> all;
    for (const auto* list : {&similarities_, &attention_, &gains_}) {
      for (const Matrix& matrix : *list) all.push_back(&matrix);
    }
    return all;
  }

  static json to_json(const Matrix& matrix) {
    json object = {
        {"rows", matrix.names(true)}, {"columns", matrix.names(false)}, {"values", json::array()}};
    for (const std::string& row : matrix.names(true)) {
      json values = json::array();
      for (const std::string& column : matrix.names(false)) {
        const double value = matrix.mean({row, column});
        values.push_back(std::isnan(value) ? json() : json(value));
      }
      object["values"].push_back(std::move(values));
    }
    return object;
  }

  void print_json() const {
    json object = {{"matrices", json::object()}, {"rank_correlations", correlations_}};
    for (const Matrix* matrix : printed()) object["matrices"][matrix->name] = to_json(*matrix);
    fmt::print("{}\n", object.dump(1));
  }

  void print_csv() const {
    fmt::print("matrix,row,column,value\n");
    for (const Matrix* matrix : printed()) {
      for (const auto& [cell, values] : matrix->cells) {
        fmt::print("{},{},{},{:.6g}\n", matrix->name, cell.first, cell.second, matrix->mean(cell));
      }
    }
    for (const json& entry : correlations_) {
      if (entry["spearman"].is_null()) continue;
      fmt::print("rank_correlation,{},{},{:.6g}\n", entry["a"].get<std::string>(),
                 entry["b"].get<std::string>(), entry["spearman"].get<double>());
    }
  }

  void print_tables() const {
    for (const Matrix* matrix : printed()) {
      const std::vector<std::string> rows = matrix->names(true);
      const std::vector<std::string> columns = matrix->names(false);
      std::size_t first = 0;
      for (const std::string& row : rows) first = std::max(first, row.size());
      fmt::print("{}\n{:<{}}", matrix->name, "", first);
      for (const std::string& column : columns) {
        fmt::print("  {:>{}}", column, std::max<std::size_t>(6, column.size()));
      }
      for (const std::string& row : rows) {
        fmt::print("\n{:<{}}", row, first);
        for (const std::string& column : columns) {
          const double value = matrix->mean({row, column});
          const std::string text = std::isnan(value) ? "-" : fmt::format("{:.3f}", value);
          fmt::print("  {:>{}}", text, std::max<std::size_t>(6, column.size()));
        }
      }
      fmt::print("\n\n");
    }
    if (!correlations_.empty()) fmt::print("Rank correlations (Spearman) over pairs of tasks\n");
    for (const json& entry : correlations_) {
      const json& value = entry["spearman"];
      fmt::print(
          "  {} and {}: {} ({} pairs)\n", entry["a"].get<std::string>(),
          entry["b"].get<std::string>(),
          value.is_null() ? "one of them is constant" : fmt::format("{:.3f}", value.get<double>()),
          entry["pairs"].get<std::size_t>());
    }
  }

  std::vector<Prompt> prompts_;
  std::vector<Trial> trials_;
  std::vector<Matrix> similarities_;  ///< of all prompts
  std::vector<Matrix> attention_;
  std::vector<Matrix> gains_;
  std::vector<Matrix> between_tasks_;  ///< target tasks x source tasks, what can be correlated
  json correlations_ = json::array();
  int exit_code_ = 0;
};

}  // namespace

int run_similarity_work(const json& request) {
  return Comparison(request).print(request.value("format", "table"));
}

}  // namespace attempt::train
