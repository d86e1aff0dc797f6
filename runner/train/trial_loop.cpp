#include "runner/train/trial_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "runner/sweep/mixing.h"
#include "runner/train/bad_tensor.h"
#include "runner/train/derive_seed.h"
#include "runner/train/gradients.h"
#include "runner/train/named_arrays.h"
#include "runner/train/trial_failure.h"

namespace attempt::train {

namespace {

const std::vector<std::int64_t> kNoRows;
constexpr std::int64_t kLeastStepsBetweenEvaluations = 100;  // interfaces.md section 2

/// Adds the seconds of its own life to a sum.
class SecondsInto {
 public:
  explicit SecondsInto(double& sum) : sum_(sum) {}
  ~SecondsInto() {
    sum_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  SecondsInto(const SecondsInto&) = delete;
  SecondsInto& operator=(const SecondsInto&) = delete;

 private:
  double& sum_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

double clip_of(const sweep::OptimizerSpec& spec) {
  return spec.optimizer == "adafactor" ? 0 : spec.gradient_clip;
}

datasets::MixedOrder order_of(const TrialParts& parts) {
  const sweep::TrainSpec& train = parts.spec.train;
  std::vector<std::int64_t> sizes;
  std::vector<std::int32_t> lengths;  // of the sources as they are trained on
  for (const TaskTokens& task : parts.tasks) {
    sizes.push_back(static_cast<std::int64_t>(task.train_rows.size()));
    for (const std::int64_t row : train.length_buckets ? task.train_rows : kNoRows) {
      const auto source = static_cast<std::int64_t>(task.tokens.train->source_ids(row).size()) + 1;
      lengths.push_back(
          static_cast<std::int32_t>(std::min(source, task.collate.max_source_length)));
    }
  }
  return {std::move(sizes),
          train.batch_size,
          derive_seed(parts.spec.seed, "data_order"),
          sweep::mixing_rule(train.mixing),
          parts.spec.data.shuffle,
          std::move(lengths)};
}

}  // namespace

TrialLoop::TrialLoop(const TrialParts& parts, TrialState state, CheckpointWriter& checkpoints,
                     const TrialMonitor& monitor)
    : parts_(parts),
      state_(std::move(state)),
      checkpoints_(checkpoints),
      monitor_(monitor),
      order_(order_of(parts)),
      schedule_{parse_schedule_kind(parts.spec.train.optimizer.schedule),
                parts.spec.train.optimizer.warmup_steps,
                parts.spec.train.optimizer.schedule_steps > 0
                    ? parts.spec.train.optimizer.schedule_steps
                    : parts.spec.train.total_steps},
      conditions_(run_conditions(parts.backbone.device, parts.spec.train.micro_batch)) {}

void TrialLoop::run() {
  share_passes("", 1);
  while (prepare_step()) train_one_step();
  finish();
}

template <typename Function>
auto TrialLoop::with_checkpoint_at_stop(Function function) {
  try {
    return function();
  } catch (const StopRequested&) {
    if (state_.step > 0) save_checkpoint();
    checkpoints_.finish();
    throw;
  }
}

bool TrialLoop::prepare_step() {
  return with_checkpoint_at_stop([&] {
    if (is_evaluation_due()) evaluate();
    if (state_.step >= parts_.spec.train.total_steps || is_patience_exhausted()) return false;
    if (is_probe_over()) {
      evaluate();
      return false;
    }
    // Whoever asks compared validation scores: there is an evaluation, and a best.
    const bool has_best = state_.best_step >= 0;
    if (has_best && monitor_.should_finish && monitor_.should_finish()) return false;
    if (state_.step > 0 && checkpoints_.is_due()) save_checkpoint();
    monitor_.check_stop();
    return true;
  });
}

void TrialLoop::check_stop() {
  with_checkpoint_at_stop([&] { monitor_.check_stop(); });
}

void TrialLoop::finish() {
  with_checkpoint_at_stop([&] {
    settle_alone();
    test_best();
    checkpoints_.finish();
  });
}

void TrialLoop::share_passes(const std::string& bundle, std::int64_t width) {
  if (!has_begun_ && state_.step > 0 && state_.bundle != bundle) state_.record.exact = false;
  has_begun_ = true;
  state_.bundle = bundle;
  std::int64_t& widest = state_.record.cost.bundle_width;
  widest = std::max(widest, width);
}

std::vector<model::Batch> TrialLoop::next_micro_batches() {
  std::vector<datasets::BatchRow> rows;
  for (const datasets::MixedRow& row : order_.batch(state_.step)) {
    const TaskTokens& task = parts_.tasks[static_cast<std::size_t>(row.task)];
    rows.push_back({task.tokens.train.get(), task.train_rows[static_cast<std::size_t>(row.index)],
                    &task.collate});
  }
  const std::size_t width = parts_.spec.train.micro_batch > 0
                                ? static_cast<std::size_t>(parts_.spec.train.micro_batch)
                                : rows.size();
  std::vector<model::Batch> batches;
  for (std::size_t begin = 0; begin < rows.size(); begin += width) {
    const std::span<const datasets::BatchRow> part(rows.data() + begin,
                                                   std::min(width, rows.size() - begin));
    const datasets::TokenBatch tokens = datasets::collate(part);
    state_.record.cost.tokens +=
        std::count(tokens.attention_mask.begin(), tokens.attention_mask.end(), 1) +
        std::count_if(tokens.labels.begin(), tokens.labels.end(),
                      [](std::int64_t label) { return label >= 0; });
    batches.push_back(to_model_batch(tokens, parts_.backbone.device));
    batches.back().loss_rule = {parts_.spec.train.label_smoothing,
                                parts_.spec.train.loss_weight == "example"};
  }
  state_.examples += static_cast<std::int64_t>(rows.size());
  return batches;
}

UpdateOptions TrialLoop::update_options() const {
  const std::size_t tasks = parts_.tasks.size() > 1 ? parts_.tasks.size() : 0;
  return {schedule_.factor(state_.step), clip_of(parts_.spec.train.optimizer),
          static_cast<std::int64_t>(tasks)};
}

void TrialLoop::train_one_step() {
  double seconds = 0;
  std::optional<PendingUpdate> update;
  {
    const SecondsInto timer(seconds);
    const std::vector<model::Batch> batches = next_micro_batches();
    update = start_update(parts_.method, parts_.optimizer, parts_.dropout, batches,
                          update_options(), &graphs_);
  }
  end_step(std::move(*update), seconds);
}

void TrialLoop::end_step(PendingUpdate update, double seconds) {
  {
    const SecondsInto timer(seconds);
    StartedStep next{std::move(update), schedule_.factor(state_.step)};
    settle();
    started_ = std::move(next);
    ++state_.step;
    if (parts_.backbone.device.is_cpu()) settle();
  }
  state_.record.cost.train_seconds += seconds;
  probe_.add_step(seconds);
  seconds_per_step_ = seconds_per_step_ > 0 ? 0.9 * seconds_per_step_ + 0.1 * seconds : seconds;
  monitor_.report(progress("training"));
}

void TrialLoop::settle_alone() {
  const SecondsInto timer(state_.record.cost.train_seconds);
  settle();
}

void TrialLoop::settle() {
  if (!started_) return;
  const StartedStep started = std::move(*started_);
  started_.reset();
  const std::int64_t step = state_.step - 1;
  const UpdateResult result = started.update.wait();
  if (!result.is_finite()) {
    std::string bad = "the logits; all weights are finite";
    if (const auto tensor = first_bad_tensor(parts_.method, parts_.backbone)) {
      bad = *tensor;
    } else if (result.bad_gradient) {
      bad = fmt::format("gradient of '{}'", parts_.method.parameters()[*result.bad_gradient].name);
    }
    throw TrialFailure(
        "nan_loss",
        fmt::format("step {}: loss {}, gradient norm {} (first bad tensor: {}). Lower the learning "
                    "rate, or use fp32",
                    step, result.loss, result.gradient_norm, bad));
  }
  results::TrainHistory& history = state_.record.train;
  history.step.push_back(step);
  history.loss.push_back(result.loss);
  history.learning_rate.push_back(started.rate_factor * parts_.spec.train.optimizer.learning_rate);
  history.gradient_norm.push_back(result.gradient_norm);
  for (std::size_t i = 0; i < result.task_loss.size(); ++i) {
    history.task_loss[parts_.tasks[i].task->name].push_back(result.task_loss[i]);
  }
}

bool TrialLoop::is_evaluation_due() const {
  const sweep::TrainSpec& train = parts_.spec.train;
  if (state_.step == state_.last_evaluation) return false;
  if (state_.step >= train.total_steps) return true;
  if (state_.step == 0) return false;
  if (train.evaluate_every_steps > 0) return state_.step % train.evaluate_every_steps == 0;
  return state_.step % order_.steps_per_epoch() == 0 &&
         state_.step - std::max<std::int64_t>(0, state_.last_evaluation) >=
             kLeastStepsBetweenEvaluations;
}

bool TrialLoop::is_probe_over() const {
  return parts_.spec.phase == kProbePhase && probe_.has_enough_steps();
}

bool TrialLoop::is_patience_exhausted() const {
  return parts_.spec.train.patience > 0 &&
         state_.evaluations_without_improvement >= parts_.spec.train.patience;
}

void TrialLoop::evaluate() {
  settle_alone();
  {
    const SecondsInto timer(state_.record.cost.evaluation_seconds);
    std::vector<SplitEvaluation> evaluations;
    for (const TaskTokens& task : parts_.tasks) {
      evaluations.push_back(parts_.evaluator.evaluate(
          parts_.method, task, datasets::Split::kValidation, monitor_, progress("evaluating")));
      const SplitEvaluation& last = evaluations.back();
      probe_.add_rows(last.rows, last.seconds, last.rows_of_first);
    }
    results::EvaluationHistory& history = state_.record.evaluations;
    double selection = 0;
    double loss = 0;
    double entropy = 0;
    const std::size_t selecting =
        parts_.spec.train.mixing.selection == "first" ? 1 : evaluations.size();
    for (std::size_t i = 0; i < evaluations.size(); ++i) {
      const SplitEvaluation& evaluation = evaluations[i];
      auto& metrics = history.metrics[parts_.tasks[i].task->name];
      for (const auto& [name, value] : evaluation.scores.metrics) metrics[name].push_back(value);
      metrics["loss"].push_back(evaluation.loss);
      metrics["unparsable"].push_back(static_cast<double>(evaluation.scores.unparsable));
      if (i < selecting) {
        selection += evaluation.scores.selection / static_cast<double>(selecting);
        loss += evaluation.loss / static_cast<double>(selecting);
      }
      entropy += evaluation.attention.mean_entropy() / static_cast<double>(evaluations.size());
    }
    history.step.push_back(state_.step);
    history.selection.push_back(selection);
    history.parameter_norm.push_back(parameter_norm(parts_.method.parameters()));
    if (!evaluations.front().attention.is_empty()) history.attention_entropy.push_back(entropy);
    state_.last_evaluation = state_.step;
    keep_if_best(selection, loss);
  }
  monitor_.report(progress("evaluating"));  // the manager keeps the score of every evaluation
}

void TrialLoop::keep_if_best(double selection, double loss) {
  const bool is_first = state_.best_step < 0;
  const bool is_better = is_first || selection > state_.best_selection ||
                         (selection == state_.best_selection && loss < state_.best_loss);
  if (!is_better) {
    ++state_.evaluations_without_improvement;
    return;
  }
  state_.evaluations_without_improvement = 0;
  state_.best_step = state_.step;
  state_.best_selection = selection;
  state_.best_loss = loss;
  state_.best_parameters = to_arrays(parts_.method.parameters());
}

void TrialLoop::test_best() {
  state_.record.selected_step = state_.best_step;
  if (parts_.spec.phase == "search") return;     // who chooses by it must not see the test split
  if (parts_.spec.phase == kProbePhase) return;  // its rows cost what those of validation do
  // A stop during the test must leave the last parameters to the checkpoint.
  const std::vector<results::NamedArray> last = to_arrays(parts_.method.parameters());
  model::restore_parameters(parts_.method, to_tensors(state_.best_parameters));
  // A LayerNorm that is not trained stays fresh when the test is stopped: a continued trial starts
  // from a method of its own.
  if (parts_.spec.method_options.g_reloads_fresh_norm) parts_.method.freshen_layer_norm();
  try {
    const SecondsInto timer(state_.record.cost.evaluation_seconds);
    for (const TaskTokens& task : parts_.tasks) {
      if (task.tokens.test->size() == 0) continue;  // "squad.test" = "authors"
      const SplitEvaluation evaluation = parts_.evaluator.evaluate(
          parts_.method, task, datasets::Split::kTest, monitor_, progress("testing"));
      results::TestResult& test = state_.record.test[task.task->name];
      test.metrics = evaluation.scores.metrics;
      test.metrics["loss"] = evaluation.loss;
      test.metrics["constant_score"] = evaluation.scores.constant_score;
      test.metrics["unparsable"] = static_cast<double>(evaluation.scores.unparsable);
      const std::set<std::string> distinct(evaluation.predictions.begin(),
                                           evaluation.predictions.end());
      test.metrics["distinct_predictions"] = static_cast<double>(distinct.size());
      if (parts_.spec.keep_predictions) {
        test.predictions = evaluation.predictions;
        test.targets = evaluation.targets;
        test.ids = evaluation.ids;
      }
      if (!evaluation.attention.is_empty()) {
        state_.record.attention[task.task->name] = evaluation.attention.summary();
      }
    }
  } catch (const StopRequested&) {
    model::restore_parameters(parts_.method, to_tensors(last));
    state_.record.test.clear();
    state_.record.attention.clear();
    throw;
  }
}

void TrialLoop::save_checkpoint() {
  settle_alone();
  checkpoints_.write(
      make_checkpoint(state_, {parts_.method, parts_.optimizer, parts_.dropout}, conditions_));
}

TrialProgress TrialLoop::progress(const char* stage) const {
  TrialProgress now;
  now.stage = stage;
  now.step = state_.step;
  now.total_steps = is_patience_exhausted() ? state_.step : parts_.spec.train.total_steps;
  now.checkpoint_seconds = checkpoints_.last_seconds();
  now.evaluated_steps = state_.record.evaluations.step;
  now.selections = state_.record.evaluations.selection;
  if (!state_.record.train.loss.empty()) now.loss = state_.record.train.loss.back();
  if (seconds_per_step_ > 0) {
    now.examples_per_second = static_cast<double>(parts_.spec.train.batch_size) / seconds_per_step_;
    now.remaining_seconds = static_cast<double>(now.total_steps - now.step) * seconds_per_step_;
  }
  return now;
}

}  // namespace attempt::train
