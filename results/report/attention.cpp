#include "results/report/attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace attempt::results {

// [K + 1] as it is; [L, K + 1] averaged over layers; [K + 1, P] over prompt rows.
std::vector<double> mean_weights(const AttentionSummary& summary) {
  const std::size_t names = summary.names.size();
  std::vector<double> weights(names, 0.0);
  if (names == 0 || summary.mean.size() % names != 0) return weights;
  const bool is_last =
      !summary.shape.empty() && summary.shape.back() == static_cast<std::int64_t>(names);
  const std::size_t others = summary.mean.size() / names;
  for (std::size_t i = 0; i < summary.mean.size(); ++i) {
    weights[is_last ? i % names : i / others] += summary.mean[i] / static_cast<double>(others);
  }
  return weights;
}

std::optional<double> entropy_share(const TrialRecord& record) {
  const EvaluationHistory& history = record.evaluations;
  if (history.attention_entropy.empty() || record.attention.empty()) return std::nullopt;
  const std::size_t prompts = record.attention.begin()->second.names.size();
  if (prompts < 2) return std::nullopt;
  for (std::size_t i = 0; i < history.step.size(); ++i) {
    if (history.step[i] == record.selected_step) {
      return history.attention_entropy[i] / std::log(static_cast<double>(prompts));
    }
  }
  return std::nullopt;
}

std::vector<AttentionRow> attention_rows(const std::vector<StudyContent>& studies) {
  std::vector<AttentionRow> rows;
  for (const StudyContent& study : studies) {
    for (const ReportTrial& trial : study.trials) {
      if (!trial.record) continue;
      for (const auto& [task, summary] : trial.record->attention) {
        rows.push_back({trial.entry.label + (studies.size() > 1 ? " [" + study.name + "]" : ""),
                        task, trial.entry.seed, trial.entry.trial_id, summary.names,
                        mean_weights(summary)});
      }
    }
  }
  return rows;
}

TextTable attention_table(const std::vector<AttentionRow>& rows) {
  TextTable table{"attention",
                  "Mean attention over the test split",
                  {"method", "target", "seed", "weight of each prompt"},
                  {},
                  {}};
  for (const AttentionRow& row : rows) {
    std::string weights;
    for (std::size_t i = 0; i < row.names.size(); ++i) {
      weights += fmt::format("{}{} {:.3f}", i > 0 ? ", " : "", row.names[i], row.weights[i]);
    }
    table.lines.push_back(
        {{row.label, false, row.trial_id}, {row.task}, {std::to_string(row.seed)}, {weights}});
  }
  return table;
}

}  // namespace attempt::results
