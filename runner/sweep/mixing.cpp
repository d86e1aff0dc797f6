#include "runner/sweep/mixing.h"

namespace attempt::sweep {

MixingSpec mixing_spec(const Settings& settings) {
  MixingSpec spec;
  if (!settings.has("train.mixing")) {
    return spec;
  }
  spec.mixing = settings.text("train.mixing");
  spec.batches = settings.text("train.batches");
  if (settings.has("train.mixing_temperature")) {
    spec.temperature = settings.number("train.mixing_temperature");
  }
  // The authors select by the first listed task; methods.md section 8.
  spec.selection = settings.text("data.compat") == "authors" ? "first" : "mean";
  return spec;
}

datasets::MixingRule mixing_rule(const MixingSpec& spec) {
  datasets::MixingRule rule;
  if (spec.mixing == "temperature") {
    rule.temperature = spec.temperature;
  }
  rule.is_single_task = spec.batches == "single_task";
  return rule;
}

std::int64_t steps_per_epoch(const std::vector<TaskSpec>& tasks, const TrainSpec& train) {
  std::vector<std::int64_t> sizes;
  for (const TaskSpec& task : tasks) {
    sizes.push_back(task.train_examples);
  }
  return datasets::steps_per_epoch(sizes, train.batch_size, mixing_rule(train.mixing));
}

std::int64_t trained_examples(const std::vector<TaskSpec>& tasks, const TrainSpec& train) {
  const datasets::MixingRule rule = mixing_rule(train.mixing);
  if (rule.temperature) return train.total_steps * train.batch_size;  // drawn, not walked through
  std::int64_t examples = 0;
  for (const TaskSpec& task : tasks) examples += task.train_examples;
  const std::int64_t steps = steps_per_epoch(tasks, train);
  if (steps == 0) return 0;
  const std::int64_t rest = train.total_steps % steps;
  // Of an epoch that is not walked to its end, short batches are the last, or lie anywhere.
  return train.total_steps / steps * examples +
         (rule.is_single_task ? rest * examples / steps : rest * train.batch_size);
}

}  // namespace attempt::sweep
