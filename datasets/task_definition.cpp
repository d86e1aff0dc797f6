#include "datasets/task_definition.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "datasets/text_template.h"
#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

/// Tokens of a target, end token included. A plan refuses labels that are longer.
constexpr std::int64_t kLabelLength = 16;
constexpr std::int64_t kFreeTextLength = 128;

struct RuleWord {
  SplitRule rule;
  const char* word;
};

constexpr RuleWord kRuleWords[] = {{SplitRule::kOfficial, "official"},
                                   {SplitRule::kHalfValidation, "half_validation"},
                                   {SplitRule::kTrainMinusTenth, "train_minus_tenth"}};

}  // namespace

void to_json(nlohmann::json& json, const TaskDefinition& definition) {
  nlohmann::json labels = nlohmann::json::array();
  for (const LabelText& label : definition.labels) labels.push_back({label.in_file, label.text});
  const auto* rule = std::find_if(std::begin(kRuleWords), std::end(kRuleWords),
                                  [&](const auto& r) { return r.rule == definition.split_rule; });
  if (rule == std::end(kRuleWords)) throw std::logic_error("a split rule of built-in tasks only");
  json = {{"source", definition.source},
          {"target", definition.target},
          {"references", definition.references},
          {"id", definition.id},
          {"labels", labels},
          {"metrics", definition.metrics},
          {"selection_metrics", definition.selection_metrics},
          {"splits", rule->word}};
}

void from_json(const nlohmann::json& json, TaskDefinition& definition) {
  json.at("source").get_to(definition.source);
  json.at("target").get_to(definition.target);
  json.at("references").get_to(definition.references);
  json.at("id").get_to(definition.id);
  definition.labels.clear();
  for (const nlohmann::json& label : json.at("labels")) {
    definition.labels.push_back({label.at(0), label.at(1)});
  }
  json.at("metrics").get_to(definition.metrics);
  json.at("selection_metrics").get_to(definition.selection_metrics);
  const auto word = json.at("splits").get<std::string>();
  const auto* rule = std::find_if(std::begin(kRuleWords), std::end(kRuleWords),
                                  [&](const auto& r) { return r.word == word; });
  if (rule == std::end(kRuleWords)) throw std::invalid_argument("unknown splits '" + word + "'");
  definition.split_rule = rule->rule;
}

Task make_task(const std::string& name, const TaskDefinition& definition) {
  Task task;
  task.name = name;
  task.long_id = "own/" + name;
  task.family = "own";
  for (const LabelText& label : definition.labels) {
    const auto& texts = task.label_texts;
    if (std::find(texts.begin(), texts.end(), label.text) == texts.end())
      task.label_texts.push_back(label.text);
  }
  task.metrics = definition.metrics;
  task.reported_metric = definition.metrics.front();
  task.selection_metrics = definition.selection_metrics;
  task.split_rule = definition.split_rule;
  task.second_field = trim(TextTemplate(definition.source).before_second_field());
  task.max_target_length = definition.labels.empty() ? kFreeTextLength : kLabelLength;
  task.definition = std::make_shared<const TaskDefinition>(definition);
  return task;
}

std::vector<std::string> metrics_for(std::size_t classes) {
  if (classes == 0) {
    return {"exact_match", "f1", "rouge_l", "span_f1", "accuracy", "pearson", "spearman"};
  }
  std::vector<std::string> metrics = {"accuracy", "macro_f1", "matthews_correlation"};
  if (classes == 2) metrics.insert(metrics.begin() + 1, "f1");
  return metrics;
}

SplitRule split_rule_of_files(const std::vector<std::string>& splits) {
  const auto has = [&](const char* split) {
    return std::find(splits.begin(), splits.end(), split) != splits.end();
  };
  if (!has("train")) throw std::invalid_argument("names no train file");
  if (has("validation")) {
    return has("test") ? SplitRule::kOfficial : SplitRule::kHalfValidation;
  }
  if (has("test")) return SplitRule::kTrainMinusTenth;
  throw std::invalid_argument("names neither a validation nor a test file");
}

}  // namespace attempt::datasets
