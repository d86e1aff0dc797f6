#include "runner/train/trial_attempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/checkpoint_file.h"
#include "results/publish.h"
#include "runner/train/attempt_result.h"
#include "runner/train/derive_seed.h"
#include "runner/train/made_start.h"
#include "runner/train/make_optimizer.h"
#include "runner/train/memory_use.h"
#include "runner/train/method_setup.h"
#include "runner/train/named_arrays.h"
#include "runner/train/provenance.h"
#include "runner/train/trial_record_setup.h"

namespace attempt::train {

namespace {

/// A captured pass is for one shape: few shapes are worth some padding.
constexpr std::int64_t kSourceMultipleOnGpu = 16;

/// The rows that a SPoT trial's probe and sources started from, at the trial's length; undefined
/// where no source did.
at::Tensor known_start(const sweep::TrialSpec& spec, model::T5& t5,
                       const datasets::Tokenizer& words) {
  const sweep::StartChoice& choice = spec.start_choice;
  if (choice.of_equal_start.empty()) return {};
  return resized(drawn_start(choice.probe_start, t5, words), spec.method_options.prompt_length);
}

bool keeps_parameters(const sweep::TrialSpec& spec) {
  if (spec.phase == "source") return true;  // others start from them
  if (spec.save_parameters == "none") return false;
  return spec.save_parameters == "all" || !spec.method_options.method.starts_with("fine_tuning");
}

/// Says of the tensors that have a row a task which task each row is of.
void name_tasks(std::vector<results::NamedArray>& parameters,
                const std::vector<std::string>& tasks) {
  for (results::NamedArray& array : parameters) {
    const bool has_row_a_task =
        array.name == "targets" || array.name == "targets_deep" || array.name == "hyper.task";
    if (has_row_a_task) array.tasks = tasks;
  }
}

}  // namespace

TrialAttempt::TrialAttempt(const sweep::TrialSpec& spec, const AttemptContext& context,
                           const TrialMonitor& monitor, const Place& place)
    : spec_(spec),
      context_(context),
      place_(place),
      checkpoints_(context.study, {context.run_id, context.attempt},
                   spec.train.checkpoint_every_seconds) {
  open_tasks();
  LoadedSources sources = load_sources();
  const StartTensors starts = load_start_tensors(spec, context.study, sources.description);
  live_ = make_live(sources, starts);
  TrialState state;
  state.record = record_of(spec);
  state.record.sources = sources.description.dump();
  state.record.counts = counts_json(tasks_);
  results::FoundCheckpoint found = results::find_checkpoint(context.study, spec.trial_id);
  if (found.checkpoint) {
    try {
      state = restore_checkpoint(std::move(*found.checkpoint),
                                 {*live_.method, *live_.optimizer, live_.dropout},
                                 run_conditions(place.device, spec.train.micro_batch));
      fmt::print(stderr, "{} goes on at step {}\n", spec.trial_id, state.step);
    } catch (const std::exception& error) {  // from the start is slower, never wrong
      if (is_of_the_machine(error)) throw;
      fmt::print(stderr, "{} starts anew, its checkpoint cannot be used: {}\n", spec.trial_id,
                 error.what());
      live_ = make_live(sources, starts);
    }
  }
  state.record.cost.micro_batch = spec.train.micro_batch;
  evaluator_ = std::make_unique<Evaluator>(
      place.words, EvaluatorOptions{place.device, spec.data.rules, spec.train.evaluation_batch_size,
                                    spec.phase == kProbePhase ? kProbeBatches : 0});
  loop_ = std::make_unique<TrialLoop>(TrialParts{spec_, tasks_, place.t5, *evaluator_,
                                                 *live_.method, *live_.optimizer, live_.dropout},
                                      std::move(state), checkpoints_, monitor);
  checkpoints_.require_lease(spec.trial_id);
}

void TrialAttempt::open_tasks() {
  for (const sweep::TaskSpec& task : spec_.tasks) {
    tasks_.push_back(open_task(spec_.data, task, static_cast<std::int64_t>(tasks_.size())));
  }
  for (TaskTokens& task : tasks_) {
    draw_few_shot(task);
    if (place_.device.is_cuda()) task.collate.source_multiple = kSourceMultipleOnGpu;
  }
}

LoadedSources TrialAttempt::load_sources() const {
  LoadedSources sources = load_source_prompts(spec_, context_.study);
  if (!spec_.start_choice.is_made()) return sources;
  return make_start(spec_.start_choice, {sources, load_probe(spec_, context_.study),
                                         known_start(spec_, place_.t5, place_.words)});
}

TrialAttempt::Live TrialAttempt::make_live(const LoadedSources& sources,
                                           const StartTensors& starts) const {
  Live live;
  live.method = set_up_method(spec_, place_.t5, place_.words, sources.prompts, starts);
  live.optimizer = make_optimizer(spec_.train.optimizer, live.method->parameters());
  live.dropout =
      model::Dropout(spec_.model.dropout, derive_seed(spec_.seed, "dropout"), place_.device);
  return live;
}

std::string TrialAttempt::publish() {
  results::TrialRecord record = loop_->state().record;
  record.status = "succeeded";
  if (spec_.phase == kProbePhase)
    record.counts = nlohmann::json{{"probe", loop_->probe().json()}}.dump();
  record.provenance = provenance_json(place_.device, spec_, context_.run_id, context_.attempt);
  if (keeps_parameters(spec_)) record.parameters = to_arrays(live_.method->saved_tensors());
  name_tasks(record.parameters, spec_.method_options.tasks);
  record.cost.peak_memory_bytes =
      std::max(record.cost.peak_memory_bytes, peak_memory_bytes(place_.device));
  record.cost.device = device_description(place_.device);
  record.cost.attempts = context_.attempt;
  if (record.cost.train_seconds > 0) {
    record.cost.examples_per_second =
        static_cast<double>(loop_->state().examples) / record.cost.train_seconds;
  }
  return writing_to_disk([&] {
    const results::Published published =
        results::publish_trial(context_.study, record, context_.run_id, context_.attempt);
    if (published.result == results::PublishResult::kFenced) {
      checkpoints_.refuse_late(spec_.trial_id);
    }
    results::remove_checkpoints(context_.study, spec_.trial_id);
    return published.digest;
  });
}

}  // namespace attempt::train
