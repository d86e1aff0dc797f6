#include "results/report/task_relations.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "results/report/attention.h"
#include "results/report/similarity.h"

namespace attempt::results {

namespace {

/// Tasks of a study are called as in its trial files.
std::string plain(const std::string& task) {
  constexpr std::string_view kMadeUp = "demo:";
  return task.starts_with(kMadeUp) ? task.substr(kMadeUp.size()) : task;
}

std::vector<TaskMatrix> matrices_of(const StudyContent& study) {
  std::vector<TaskMatrix> matrices;
  TaskMatrix cosine{"mean_cosine of tasks", {}};
  for (const PromptSimilarity& group : prompt_similarity({study})) {
    for (std::size_t i = 0; i < group.targets.size(); ++i) {
      for (std::size_t j = 0; j < group.sources.size(); ++j) {
        cosine.add(plain(group.targets[i]), plain(group.sources[j]), group.cosine[i][j]);
      }
    }
  }
  if (!cosine.cells.empty()) matrices.push_back(std::move(cosine));

  std::map<std::string, TaskMatrix> attention;
  for (const AttentionRow& row : attention_rows({study})) {
    for (std::size_t i = 0; i < row.names.size(); ++i) {
      if (row.names[i] == "target") continue;
      attention[row.label].add(row.task, row.names[i], row.weights[i]);
    }
  }
  for (auto& [label, matrix] : attention) {
    matrix.name = "attention of " + label;
    matrices.push_back(std::move(matrix));
  }

  std::vector<ScoredTrial> scored;
  for (const ReportTrial& trial : study.trials) {
    const bool is_comparable = trial.record && trial.outcomes.size() == 1 &&
                               trial.entry.phase == "target" && trial.entry.few_shot_k == 0;
    if (is_comparable) scored.push_back({&*trial.record, trial.outcomes[0].score});
  }
  TaskMatrix gains = transfer_gains(scored);
  if (!gains.cells.empty()) matrices.push_back(std::move(gains));
  return matrices;
}

TextTable gain_table(const TaskMatrix& gains) {
  TextTable table{"transfer_gain",
                  "Transfer gain: SPoT from a source less prompt tuning, averaged over seeds",
                  {"target"},
                  {},
                  {}};
  const std::vector<std::string> sources = gains.columns();
  table.columns.insert(table.columns.end(), sources.begin(), sources.end());
  for (const std::string& target : gains.rows()) {
    std::vector<TableField> line = {{target}};
    for (const std::string& source : sources) {
      const std::optional<double> gain = gains.mean({target, source});
      line.push_back({gain ? fmt::format("{:+.2f}", *gain) : "–"});
    }
    table.lines.push_back(std::move(line));
  }
  return table;
}

TextTable correlation_table(const std::vector<MatrixCorrelation>& correlations) {
  TextTable table{"rank_correlations",
                  "Rank correlations (Spearman) over pairs of a target and another source task",
                  {"one", "other", "pairs", "correlation"},
                  {},
                  {}};
  for (const MatrixCorrelation& each : correlations) {
    table.lines.push_back({{each.a},
                           {each.b},
                           {std::to_string(each.pairs)},
                           {each.spearman ? fmt::format("{:.3f}", *each.spearman) : "–"}});
  }
  table.notes.push_back("–: one of the two is the same for all pairs.");
  return table;
}

}  // namespace

std::optional<std::string> told_start(const TrialRecord& record) {
  if (record.method != "spot" || record.tasks.size() != 1) return std::nullopt;
  const auto sources = nlohmann::json::parse(record.sources, nullptr, /*allow_exceptions=*/false);
  if (!sources.is_array() || sources.size() != 1 || !sources[0].is_object()) return std::nullopt;
  const nlohmann::json& source = sources[0];
  if (source.contains("similarity") || !source.contains("name")) return std::nullopt;
  return source["name"].get<std::string>();
}

TaskMatrix transfer_gains(const std::vector<ScoredTrial>& trials) {
  TaskMatrix gains{"transfer_gain", {}};
  for (const ScoredTrial& spot : trials) {
    const std::optional<std::string> source = told_start(*spot.record);
    if (!source || !spot.score) continue;
    for (const ScoredTrial& tuned : trials) {
      const TrialRecord& record = *tuned.record;
      const bool is_plain = record.method == "prompt_tuning" && record.phase == "target" &&
                            record.seed == spot.record->seed && record.tasks == spot.record->tasks;
      if (is_plain && tuned.score) gains.add(record.tasks[0], *source, *spot.score - *tuned.score);
    }
  }
  return gains;
}

std::vector<TextTable> task_relation_tables(const std::vector<StudyContent>& studies) {
  std::vector<TextTable> tables;
  std::size_t number = 0;
  for (const StudyContent& study : studies) {
    ++number;
    const std::vector<TaskMatrix> matrices = matrices_of(study);
    const std::vector<MatrixCorrelation> correlations = rank_correlations(matrices);
    std::vector<TextTable> own;
    if (!matrices.empty() && matrices.back().name == "transfer_gain") {
      own.push_back(gain_table(matrices.back()));
    }
    if (!correlations.empty()) own.push_back(correlation_table(correlations));
    for (TextTable& table : own) {
      if (studies.size() > 1) {
        table.id += fmt::format("_{}", number);
        table.title += " (" + study.name + ")";
      }
      tables.push_back(std::move(table));
    }
  }
  return tables;
}

}  // namespace attempt::results
