#include "runner/train/trial_record_setup.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>

#include "runner/sweep/option_names.h"

namespace attempt::train {

namespace {

std::string compat_json(const sweep::TrialSpec& spec) {
  nlohmann::json json = spec.data.rules;
  json["compat"] = spec.data.compat;
  json["prompt_tuning.init"] = sweep::option_name(spec.method_options.init);
  json["train.warmup_steps"] = spec.train.optimizer.warmup_steps;
  json["attempt.pooling"] = sweep::option_name(spec.method_options.pooling);
  json["attempt.g_layer_norm_trained"] = spec.method_options.g_layer_norm_trained;
  json["attempt.learning_rate_g"] = spec.train.optimizer.learning_rate_g;
  json["attempt.g_reload"] = spec.method_options.g_reloads_fresh_norm ? "fresh_layer_norm" : "all";
  json["adapter.task_name"] = std::all_of(spec.tasks.begin(), spec.tasks.end(),
                                          [](const auto& task) { return task.add_prefix; });
  if (spec.tasks.size() == 1) {
    json["attempt.target_init"] = spec.method_options.start_source;
  } else {
    json["attempt.target_init"] = spec.method_options.task_start_sources;
    json["attempt_m.selection"] = spec.train.mixing.selection;
  }
  json["optimizer.adamw_form"] = spec.train.optimizer.adamw_form;
  return json.dump();
}

std::int64_t truncated_sources(const datasets::TokenizedSplit& split, std::int64_t max_length) {
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < split.size(); ++i) {
    if (static_cast<std::int64_t>(split.source_ids(i).size()) + 1 > max_length) ++count;
  }
  return count;
}

/// Row numbers of the official files, in the order of the draw.
nlohmann::json official_rows(const datasets::TokenizedSplit& split,
                             const std::vector<std::int64_t>& rows) {
  nlohmann::json numbers = nlohmann::json::array();
  for (const std::int64_t row : rows) numbers.push_back(split.example(row).row);
  return numbers;
}

nlohmann::json few_shot_json(const TaskTokens& task) {
  const sweep::FewShotSpec& spec = task.spec.few_shot;
  nlohmann::json json = {{"k", spec.k},
                         {"mode", spec.mode},
                         {"selection", spec.selection},
                         {"draw", spec.draw},
                         {"train_rows", official_rows(*task.tokens.train, task.train_rows)}};
  if (spec.selection == "k") {
    std::vector<std::int64_t> all(static_cast<std::size_t>(task.tokens.validation->size()));
    std::iota(all.begin(), all.end(), 0);
    json["validation_rows"] = official_rows(*task.tokens.validation, all);
  }
  return json;
}

}  // namespace

results::TrialRecord record_of(const sweep::TrialSpec& spec) {
  results::TrialRecord record;
  record.trial_id = spec.trial_id;
  record.phase = spec.phase;
  record.method = spec.method;
  record.variant = spec.variant;
  for (const sweep::TaskSpec& task : spec.tasks) record.tasks.push_back(task.name);
  record.seed = spec.seed;
  record.config = spec.config_toml;
  record.trainable_parameters = spec.trainable_parameters;
  record.depends_on = spec.depends_on;
  record.comparable = spec.comparable;
  record.synthetic = spec.synthetic;
  record.compat = compat_json(spec);
  record.cost.micro_batch = spec.train.micro_batch;
  return record;
}

std::string counts_json(const std::vector<TaskTokens>& tasks) {
  nlohmann::json json;
  for (const TaskTokens& task : tasks) {
    nlohmann::json files = nlohmann::json::array();
    for (const datasets::FileReport& report : task.tokens.reports) {
      files.push_back({{"file", std::filesystem::path(report.file).filename().string()},
                       {"rows", report.rows},
                       {"used", report.used},
                       {"bad", report.bad},
                       {"unlabelled", report.unlabelled},
                       {"empty_text", report.empty_text},
                       {"special_literal", report.special_literal},
                       {"skipped", report.skipped},
                       {"span_not_found", report.span_not_found}});
    }
    nlohmann::json truncated;
    for (const datasets::Split split :
         {datasets::Split::kTrain, datasets::Split::kValidation, datasets::Split::kTest}) {
      truncated[datasets::split_name(split)] =
          truncated_sources(task.tokens.split(split), task.spec.max_source_length);
    }
    json[task.task->name] = {{"train", task.train_rows.size()},
                             {"validation", task.tokens.validation->size()},
                             {"test", task.tokens.test->size()},
                             {"truncated_sources", truncated},
                             {"files", files}};
    if (task.spec.few_shot.k > 0) json[task.task->name]["few_shot"] = few_shot_json(task);
  }
  return json.dump();
}

}  // namespace attempt::train
