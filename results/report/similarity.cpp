#include "results/report/similarity.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <tuple>

#include "results/report/backbone.h"

namespace attempt::results {

namespace {

using Means = std::map<std::string, std::vector<const std::vector<float>*>>;

/// Prompts of which a cosine says something.
struct Group {
  Backbone backbone;
  Means sources;
  Means targets;
};

/// Study, data are made up, backbone, width.
using GroupKey = std::tuple<std::size_t, bool, std::string, std::size_t>;

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double product = 0;
  double square_a = 0;
  double square_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * b[i];
    square_a += static_cast<double>(a[i]) * a[i];
    square_b += static_cast<double>(b[i]) * b[i];
  }
  const double norms = std::sqrt(square_a * square_b);
  return norms > 0 ? product / norms : 0;
}

PromptSimilarity similarity_of(const Group& group) {
  PromptSimilarity similarity;
  for (const auto& [source, means] : group.sources) similarity.sources.push_back(source);
  for (const auto& [target, of_target] : group.targets) {
    similarity.targets.push_back(target);
    std::vector<double>& line = similarity.cosine.emplace_back();
    for (const auto& [source, of_source] : group.sources) {
      double sum = 0;
      for (const auto* a : of_target) {
        for (const auto* b : of_source) sum += cosine(*a, *b);
      }
      line.push_back(sum / static_cast<double>(of_target.size() * of_source.size()));
    }
  }
  return similarity;
}

}  // namespace

std::vector<PromptSimilarity> prompt_similarity(const std::vector<StudyContent>& studies) {
  std::map<GroupKey, Group> groups;
  for (std::size_t study = 0; study < studies.size(); ++study) {
    for (const ReportTrial& trial : studies[study].trials) {
      if (!trial.record || trial.prompt_mean.empty()) continue;
      const StudyEntry& entry = trial.entry;
      const Backbone backbone = backbone_of(*trial.record);
      Group& group =
          groups[{study, entry.is_synthetic, backbone.fingerprint, trial.prompt_mean.size()}];
      group.backbone = backbone;
      Means& side = entry.phase == "source" ? group.sources : group.targets;
      side[(entry.is_synthetic ? "demo:" : "") + entry.tasks[0]].push_back(&trial.prompt_mean);
    }
  }
  std::vector<PromptSimilarity> similarities;
  for (const auto& [key, group] : groups) {
    if (group.sources.empty() || group.targets.empty()) continue;
    similarities.push_back(similarity_of(group));
    similarities.back().group = fmt::format(
        "{}, backbone {}, {} wide", studies[std::get<0>(key)].name,
        group.backbone.name.empty() ? "unknown" : group.backbone.name, std::get<3>(key));
  }
  if (similarities.size() == 1) similarities.front().group = "";
  return similarities;
}

std::vector<TextTable> similarity_tables(const std::vector<PromptSimilarity>& similarities) {
  std::vector<TextTable> tables;
  for (const PromptSimilarity& similarity : similarities) {
    TextTable table{tables.empty() ? "similarity" : fmt::format("similarity_{}", tables.size() + 1),
                    "Prompt similarity: cosine of mean rows, averaged over seeds",
                    {"target"},
                    {},
                    {}};
    if (!similarity.group.empty()) table.title += " (" + similarity.group + ")";
    table.columns.insert(table.columns.end(), similarity.sources.begin(), similarity.sources.end());
    for (std::size_t i = 0; i < similarity.targets.size(); ++i) {
      std::vector<TableField> line = {{similarity.targets[i]}};
      for (const double value : similarity.cosine[i]) {
        line.push_back({fmt::format("{:.3f}", value)});
      }
      table.lines.push_back(std::move(line));
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace attempt::results
