#include "runner/sweep/cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/shapes/method_shapes.h"
#include "runner/sweep/mixing.h"

namespace attempt::sweep {
namespace {

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
// Standard deviations of the logarithm of a trial's time over its estimate.
constexpr double kProbeSpread = 0.1;      // of a quiet machine: what a short probe does not see
constexpr double kOtherKindSpread = 0.6;  // as slow for its operations as the others
constexpr double kGuessSpread = 1.6;      // a machine that nothing is known of

constexpr double kLargestDeviceBytes = 80 * kGib;  // what large accelerators have

/// Weights that a source token and a target token pass through.
struct StackWeights {
  double encoder = 0;
  double decoder = 0;
};

StackWeights stack_weights(const model::T5Config& config) {
  const double attention = 4.0 * static_cast<double>(config.d_model * config.inner_dim());
  const double feed_forward =
      (config.is_gated ? 3.0 : 2.0) * static_cast<double>(config.d_model * config.d_ff);
  return {static_cast<double>(config.num_layers) * (attention + feed_forward),
          static_cast<double>(config.num_decoder_layers) * (2 * attention + feed_forward) +
              static_cast<double>(config.vocab_size * config.d_model)};
}

}  // namespace

double estimate_seconds(const TrialSpec& spec, std::int64_t prompt_rows,
                        const model::T5Config& config) {
  const StackWeights weights = stack_weights(config);
  double examples = 0;
  double an_epoch = 0;    // operations of a forward pass over all training examples
  double validation = 0;  // and over the other splits
  double test = 0;
  for (const TaskSpec& task : spec.tasks) {
    const double source_tokens =
        static_cast<double>(task.max_source_length) / 2 + static_cast<double>(prompt_rows);
    const double target_tokens =
        static_cast<double>(std::min<std::int64_t>(task.max_target_length, 10));
    const double forward = 2 * (weights.encoder * source_tokens + weights.decoder * target_tokens);
    examples += static_cast<double>(task.train_examples);
    an_epoch += static_cast<double>(task.train_examples) * forward;
    validation += static_cast<double>(task.validation_examples) * forward;
    if (spec.phase == "search") continue;  // never tested
    test += static_cast<double>(task.test_examples) * forward;
  }
  const double step_factor = spec.method.starts_with("fine_tuning") ? 3 : 2;
  const auto rows = static_cast<double>(trained_examples(spec.tasks, spec.train));
  const double trained = examples == 0 ? 0 : rows * (an_epoch / examples) * step_factor;
  const auto evaluations = static_cast<double>(evaluations_of(spec));
  return (trained + evaluations * validation + test) / kAssumedFlops;
}

std::int64_t evaluations_of(const TrialSpec& spec) {
  if (spec.train.total_steps == 0) return 1;
  double examples = 0;
  for (const TaskSpec& task : spec.tasks) examples += static_cast<double>(task.train_examples);
  const double interval =
      spec.train.evaluate_every_steps > 0
          ? static_cast<double>(spec.train.evaluate_every_steps)
          : std::max(100.0, std::ceil(examples / static_cast<double>(spec.train.batch_size)));
  return std::llround(std::ceil(static_cast<double>(spec.train.total_steps) / interval));
}

double evaluated_rows(const TrialSpec& spec) {
  double validation = 0;
  double test = 0;
  for (const TaskSpec& task : spec.tasks) {
    validation += static_cast<double>(task.validation_examples);
    if (spec.phase != "search") test += static_cast<double>(task.test_examples);
  }
  return static_cast<double>(evaluations_of(spec)) * validation + test;
}

std::int64_t estimate_memory(const TrialSpec& spec, std::int64_t prompt_rows,
                             const model::T5Config& config) {
  const StackWeights stacks = stack_weights(config);
  const double value_bytes = spec.model.precision == "bf16" ? 2 : 4;
  const double weights =
      stacks.encoder + stacks.decoder + static_cast<double>(config.vocab_size * config.d_model);
  // A gradient and two moments in float32.
  const double trained = 12 * static_cast<double>(spec.trainable_parameters);
  std::int64_t longest = 0;
  for (const TaskSpec& task : spec.tasks) longest = std::max(longest, task.max_source_length);
  const std::int64_t rows =
      spec.train.micro_batch > 0 ? spec.train.micro_batch : spec.train.batch_size;
  const auto tokens = static_cast<double>(rows * (longest + prompt_rows));
  // What waits for the backward pass: some 10 vectors of the model's width and one of the feed
  // forward's a token and layer, and two matrices of attention weights.
  const double a_layer =
      tokens * static_cast<double>(10 * config.d_model + config.d_ff) +
      2 * static_cast<double>(config.num_heads * (longest + prompt_rows)) * tokens;
  const double activations = static_cast<double>(config.num_layers) * a_layer;
  return std::llround(value_bytes * (weights + activations) + trained);
}

double seconds_at(const Speed& speed, const TrialSpec& spec) {
  return speed.setup_seconds + speed.step_seconds * static_cast<double>(spec.train.total_steps) +
         speed.row_seconds * evaluated_rows(spec);
}

double probed_spread(double restlessness) {
  // The trial has it once, the mean of two probes half of it.
  return std::sqrt(kProbeSpread * kProbeSpread + 1.5 * restlessness * restlessness);
}

void estimate(PlannedTrial& planned, const model::T5Config& config, const SpeedTable& speeds) {
  planned.assumed_seconds = estimate_seconds(planned.spec, planned.prompt_rows, config);
  if (const auto speed = speeds.find(planned.kind)) {
    planned.estimated_seconds = seconds_at(*speed, planned.spec);
    planned.spread = speed->spread;
    planned.memory_bytes = speed->memory_bytes;
    planned.is_measured = true;
    return;
  }
  const auto slowness = speeds.slowness();
  planned.estimated_seconds = planned.assumed_seconds * slowness.value_or(1);
  planned.spread = slowness ? kOtherKindSpread : kGuessSpread;
  planned.memory_bytes = estimate_memory(planned.spec, planned.prompt_rows, config);
}

std::string memory_warning(const TrialSpec& spec, std::int64_t prompt_rows,
                           const model::T5Config& config) {
  const TaskSpec& longest = *std::max_element(
      spec.tasks.begin(), spec.tasks.end(),
      [](const auto& a, const auto& b) { return a.max_source_length < b.max_source_length; });
  const std::int64_t length = prompt_rows + longest.max_source_length;
  const std::int64_t rows =
      spec.train.micro_batch > 0 ? spec.train.micro_batch : spec.train.batch_size;
  const double value_bytes = spec.model.precision == "bf16" ? 2 : 4;
  // Scores before and after dropout of every encoder layer wait for the backward pass.
  const double bytes = 2 * value_bytes * static_cast<double>(config.num_layers * config.num_heads) *
                       static_cast<double>(rows) * std::pow(static_cast<double>(length), 2);
  if (spec.train.total_steps == 0 || bytes <= kLargestDeviceBytes) return "";
  return fmt::format(
      "{} on {}: {} prompt rows and {} source tokens need about {:.0f} GiB for the attention "
      "weights of {} rows; lower train.micro_batch, or shorten the prompt",
      spec.variant.empty() ? spec.method : spec.variant, longest.name, prompt_rows,
      longest.max_source_length, bytes / kGib, rows);
}

}  // namespace attempt::sweep
