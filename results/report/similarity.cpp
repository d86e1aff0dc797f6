#include "results/report/similarity.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "results/store_error.h"
#include "results/trial_file.h"

namespace attempt::results {

namespace {

using Vector = std::vector<double>;

/// Mean of the rows of a [P, D] prompt; empty where the trial kept none.
Vector mean_row(const StudyFolder& folder, const std::string& trial_id) {
  try {
    const NamedArray prompt = read_trial_parameter(folder.trial(trial_id), "prompt");
    if (prompt.shape.size() != 2) return {};
    Vector mean(static_cast<std::size_t>(prompt.shape[1]), 0.0);
    for (std::size_t i = 0; i < prompt.values.size(); ++i)
      mean[i % mean.size()] += prompt.values[i];
    return mean;
  } catch (const StoreError&) {
    return {};
  }
}

double cosine(const Vector& a, const Vector& b) {
  if (a.size() != b.size()) return 0;
  double product = 0;
  double square_a = 0;
  double square_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += a[i] * b[i];
    square_a += a[i] * a[i];
    square_b += b[i] * b[i];
  }
  const double norms = std::sqrt(square_a * square_b);
  return norms > 0 ? product / norms : 0;
}

}  // namespace

PromptSimilarity prompt_similarity(const std::vector<StudyContent>& studies) {
  std::map<std::string, std::vector<Vector>> sources;
  std::map<std::string, std::vector<Vector>> targets;
  for (const StudyContent& study : studies) {
    for (const ReportTrial& trial : study.trials) {
      const StudyEntry& entry = trial.entry;
      const bool is_plain = entry.method == "prompt_tuning" && entry.variant.empty() &&
                            entry.tasks.size() == 1 && entry.few_shot_k == 0 &&
                            !entry.label.starts_with("SPoT probe");
      if (!trial.record || !is_plain) continue;
      Vector mean = mean_row(study.folder, entry.trial_id);
      if (mean.empty()) continue;
      (entry.phase == "source" ? sources : targets)[entry.tasks[0]].push_back(std::move(mean));
    }
  }
  PromptSimilarity similarity;
  for (const auto& [source, vectors] : sources) similarity.sources.push_back(source);
  for (const auto& [target, of_target] : targets) {
    similarity.targets.push_back(target);
    std::vector<double>& line = similarity.cosine.emplace_back();
    for (const auto& [source, of_source] : sources) {
      double sum = 0;
      for (const Vector& a : of_target) {
        for (const Vector& b : of_source) sum += cosine(a, b);
      }
      line.push_back(sum / static_cast<double>(of_target.size() * of_source.size()));
    }
  }
  return similarity;
}

TextTable similarity_table(const PromptSimilarity& similarity) {
  TextTable table{"similarity",
                  "Prompt similarity: cosine of mean rows, averaged over seeds",
                  {"target"},
                  {},
                  {}};
  table.columns.insert(table.columns.end(), similarity.sources.begin(), similarity.sources.end());
  for (std::size_t i = 0; i < similarity.targets.size() && !similarity.sources.empty(); ++i) {
    std::vector<TableField> line = {{similarity.targets[i]}};
    for (const double value : similarity.cosine[i]) line.push_back({fmt::format("{:.3f}", value)});
    table.lines.push_back(std::move(line));
  }
  return table;
}

}  // namespace attempt::results
