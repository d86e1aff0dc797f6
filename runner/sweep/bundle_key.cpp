#include "runner/sweep/bundle_key.h"

#include <fmt/format.h>

namespace attempt::sweep {

namespace {

/// A checkpoint of more is written while training goes on, when nobody else may use HDF5.
constexpr std::int64_t kMostParameters = 1 << 20;

}  // namespace

std::string bundle_key(const TrialSpec& spec) {
  const model::MethodOptions& options = spec.method_options;
  const TrainSpec& train = spec.train;
  const bool is_plain_prompt = (options.method == "prompt_tuning" || options.method == "spot") &&
                               !options.is_deep &&
                               options.placement == model::PromptPlacement::kPrefix;
  const bool is_whole_batch = train.micro_batch == 0 || train.micro_batch >= train.batch_size;
  if (!is_plain_prompt || !is_whole_batch || train.total_steps == 0 || spec.tasks.size() != 1 ||
      spec.trainable_parameters > kMostParameters || spec.phase == "probe") {
    return "";
  }
  const TaskSpec& task = spec.tasks.front();  // texts of like length, or padding would eat the gain
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", spec.model.folder, spec.model.fingerprint,
                     spec.data.tokenizer, spec.model.precision, spec.model.dropout,
                     options.prompt_length, train.batch_size, train.label_smoothing,
                     train.loss_weight, task.max_source_length, spec.threads);
}

}  // namespace attempt::sweep
