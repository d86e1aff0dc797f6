#include "runner/sweep/trial_kind.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/digest.h"

namespace attempt::sweep {

namespace {

constexpr std::size_t kDigits = 16;

/// Fewer than a batch where the training sets hold fewer, as in few-shot trials.
std::int64_t rows_of_a_step(const TrialSpec& spec) {
  std::int64_t examples = 0;
  for (const TaskSpec& task : spec.tasks) examples += task.train_examples;
  return examples > 0 ? std::min(spec.train.batch_size, examples) : spec.train.batch_size;
}

}  // namespace

std::string trial_kind(const TrialSpec& spec) {
  TrialSpec only;  // the rest of a specification is long
  only.method_options = spec.method_options;
  nlohmann::json options = nlohmann::json(only).at("method_options");
  // Where numbers start from and what scales them costs nothing.
  for (const char* name : {"init", "init_text", "init_file", "text_fill", "init_words",
                           "temperature", "temperature_rule", "start_source", "task_start_sources",
                           "lora_alpha", "g_reloads_fresh_norm"}) {
    options.erase(name);
  }
  options["mixed_sources"] = spec.method_options.mixed_sources.size();
  nlohmann::json tasks = nlohmann::json::array();
  for (const TaskSpec& task : spec.tasks) {
    tasks.push_back({task.name, task.max_source_length, task.max_target_length, task.max_new_tokens,
                     task.add_prefix, task.fingerprint});
  }
  const TrainSpec& train = spec.train;
  const nlohmann::json kind = {
      {"model", {spec.model.fingerprint, spec.model.precision, spec.model.dropout > 0}},
      {"options", std::move(options)},
      {"tasks", std::move(tasks)},
      {"rules", nlohmann::json(spec.data).at("rules")},
      {"train",
       {rows_of_a_step(spec), train.micro_batch, train.evaluation_batch_size, train.scoring,
        train.length_buckets, train.optimizer.optimizer}}};
  return results::sha256(kind.dump()).substr(0, kDigits);
}

const std::string& TrialKinds::of(const TrialSpec& spec,
                                  const std::shared_ptr<const std::vector<ValueOrigin>>& values) {
  std::string& kind = known_[values];
  if (kind.empty()) kind = trial_kind(spec);
  return kind;
}

}  // namespace attempt::sweep
