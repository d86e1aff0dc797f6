#include "runner/train/trial_runner.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <nlohmann/json.hpp>

#include "datasets/data_error.h"
#include "model/shapes/model_error.h"
#include "results/checkpoint_file.h"
#include "results/publish.h"
#include "results/store_error.h"
#include "results/verify.h"
#include "runner/train/derive_seed.h"
#include "runner/train/evaluator.h"
#include "runner/train/made_start.h"
#include "runner/train/make_optimizer.h"
#include "runner/train/memory_use.h"
#include "runner/train/method_setup.h"
#include "runner/train/named_arrays.h"
#include "runner/train/node_copy.h"
#include "runner/train/provenance.h"
#include "runner/train/source_prompts.h"
#include "runner/train/trial_failure.h"
#include "runner/train/trial_loop.h"
#include "runner/train/trial_record_setup.h"

namespace attempt::train {

struct TrialRunner::LoadedBackbone {
  std::string key;
  std::unique_ptr<model::T5> t5;
};

namespace {

/// A captured pass is for one shape: few shapes are worth some padding.
constexpr std::int64_t kSourceMultipleOnGpu = 16;

constexpr const char* kOutOfMemory = "out_of_memory";
constexpr const char* kCudaError = "cuda_error";
constexpr const char* kDeviceLost = "device_lost";

/// The trained side of a trial, rebuilt when a checkpoint turns out to be unusable.
struct LiveTrial {
  std::unique_ptr<model::Method> method;
  std::unique_ptr<Optimizer> optimizer;
  model::Dropout dropout;
};

/// What the library reports as a plain error with a text.
bool is_out_of_memory_text(const std::string& text) {
  return text.find("out of memory") != std::string::npos ||
         text.find("can't allocate memory") != std::string::npos ||
         text.find("not enough memory") != std::string::npos;
}

/// Errors after which the process can use its device no more.
bool is_cuda_text(const std::string& text) {
  return text.find("CUDA error") != std::string::npos ||
         text.find("CUDA driver error") != std::string::npos;
}

/// Those among them that no trial can cause.
bool is_device_lost_text(const std::string& text) {
  for (const char* words : {"ECC", "no CUDA-capable device", "device is lost", "hardware stack",
                            "fallen off the bus", "devices unavailable"}) {
    if (text.find(words) != std::string::npos) return true;
  }
  return false;
}

std::string cause_of_error(const std::string& text) {
  if (is_out_of_memory_text(text)) return kOutOfMemory;
  if (!is_cuda_text(text)) return "exception";
  return is_device_lost_text(text) ? kDeviceLost : kCudaError;
}

AttemptResult failed(const std::string& cause, const std::exception& error) {
  return {process::OutcomeStatus::kFailed, cause, error.what(), {}, false};
}

/// Turns whatever ends an attempt early into its result.
template <typename Function>
AttemptResult guarded(Function&& attempt) {
  try {
    return {process::OutcomeStatus::kSucceeded, {}, {}, attempt(), false};
  } catch (const StopRequested& error) {
    return {process::OutcomeStatus::kInterrupted, "stopped", error.what(), {}, false};
  } catch (const TrialFailure& error) {
    return failed(error.cause, error);
  } catch (const datasets::DataError& error) {
    return failed("data", error);
  } catch (const model::ModelError& error) {
    return failed("model", error);
  } catch (const results::StoreError& error) {
    return failed("store", error);
  } catch (const c10::OutOfMemoryError& error) {
    return failed(kOutOfMemory, error);
  } catch (const std::bad_alloc& error) {
    return failed(kOutOfMemory, error);
  } catch (const std::exception& error) {
    AttemptResult result = failed(cause_of_error(error.what()), error);
    result.is_device_lost = is_cuda_text(error.what());
    return result;
  }
}

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

/// The digest of a trial that an attempt before this one published and could not say so; "" if
/// none.
std::string published_before(const results::StudyFolder& study, const std::string& trial_id) {
  const results::VerifiedTrial found = results::verify_and_complete(study, trial_id);
  if (found.soundness == results::TrialSoundness::kMissing) return "";
  if (found.soundness == results::TrialSoundness::kSound) {
    results::remove_checkpoints(study, trial_id);
    return found.digest;
  }
  throw TrialFailure("store", found.problem + " `attempt verify --repair` moves it aside");
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

TrialRunner::TrialRunner(at::Device device)
    : device_(device), default_threads_(at::get_num_threads()) {}
TrialRunner::~TrialRunner() = default;

AttemptResult TrialRunner::run(const sweep::TrialSpec& spec, const AttemptContext& context,
                               const TrialMonitor& monitor) {
  return guarded([&] { return run_and_publish(spec, context, monitor); });
}

AttemptResult TrialRunner::prepare(const sweep::PrepareNode& node, const TrialMonitor& monitor) {
  return guarded([&] {
    monitor.report({.stage = "tokenising"});
    open_task(node.data, node.task);
    return std::string();
  });
}

model::T5& TrialRunner::backbone(const sweep::ModelSpec& spec) {
  const std::string key = spec.folder + "\n" + spec.precision + "\n" + spec.fingerprint;
  if (backbone_ == nullptr || backbone_->key != key) {
    backbone_.reset();  // first: two backbones may not fit
    model::BackboneOptions options;
    options.folder = staged(spec.folder, spec.fingerprint);
    options.precision =
        spec.precision == "bf16" ? model::Precision::kBf16 : model::Precision::kFp32;
    options.device = device_.str();
    backbone_ = std::make_unique<LoadedBackbone>(LoadedBackbone{key, model::load_t5(options)});
  }
  return *backbone_->t5;
}

const datasets::Tokenizer& TrialRunner::tokenizer(const std::string& file) {
  if (tokenizer_ == nullptr || tokenizer_file_ != file) {
    tokenizer_ = std::make_unique<datasets::Tokenizer>(file);
    tokenizer_file_ = file;
  }
  return *tokenizer_;
}

std::string TrialRunner::run_and_publish(const sweep::TrialSpec& spec,
                                         const AttemptContext& context,
                                         const TrialMonitor& monitor) {
  if (spec.tasks.empty()) throw TrialFailure("spec", "the trial names no task");
  if (const std::string digest = published_before(context.study, spec.trial_id); !digest.empty()) {
    return digest;
  }
  at::set_num_threads(spec.threads > 0 ? static_cast<int>(spec.threads) : default_threads_);
  reset_peak_memory(device_);
  monitor.report({.stage = "loading", .total_steps = spec.train.total_steps});
  model::T5& t5 = backbone(spec.model);
  const datasets::Tokenizer& words = tokenizer(spec.data.tokenizer);
  monitor.check_stop();
  monitor.report({.stage = "tokenising", .total_steps = spec.train.total_steps});
  std::vector<TaskTokens> tasks;
  for (const sweep::TaskSpec& task : spec.tasks) {
    tasks.push_back(open_task(spec.data, task, static_cast<std::int64_t>(tasks.size())));
  }
  for (TaskTokens& task : tasks) {
    draw_few_shot(task);
    if (device_.is_cuda()) task.collate.source_multiple = kSourceMultipleOnGpu;
  }
  LoadedSources sources = load_source_prompts(spec, context.study);
  if (spec.start_choice.is_made()) {
    sources = make_start(spec.start_choice,
                         {sources, load_probe(spec, context.study), known_start(spec, t5, words)});
  }

  const StartTensors starts = load_start_tensors(spec, context.study, sources.description);
  const auto make_live = [&] {
    LiveTrial live;
    live.method = set_up_method(spec, t5, words, sources.prompts, starts);
    live.optimizer = make_optimizer(spec.train.optimizer, live.method->parameters());
    live.dropout = model::Dropout(spec.model.dropout, derive_seed(spec.seed, "dropout"), device_);
    return live;
  };
  LiveTrial live = make_live();
  TrialState state;
  state.record = record_of(spec);
  state.record.sources = sources.description.dump();
  state.record.counts = counts_json(tasks);
  results::FoundCheckpoint found = results::find_checkpoint(context.study, spec.trial_id);
  if (found.checkpoint) {
    try {
      state = restore_checkpoint(std::move(*found.checkpoint),
                                 {*live.method, *live.optimizer, live.dropout},
                                 run_conditions(device_, spec.train.micro_batch));
    } catch (const std::exception&) {  // of another build: from the start is slower, never wrong
      live = make_live();
    }
  }

  state.record.cost.micro_batch = spec.train.micro_batch;
  const bool is_probe = spec.phase == kProbePhase;
  const Evaluator evaluator(words, {device_, spec.data.rules, spec.train.evaluation_batch_size,
                                    is_probe ? kProbeBatches : 0});
  CheckpointWriter checkpoints(context.study, {context.run_id, context.attempt},
                               spec.train.checkpoint_every_seconds);
  TrialLoop loop({spec, tasks, t5, evaluator, *live.method, *live.optimizer, live.dropout},
                 std::move(state), checkpoints, monitor);
  checkpoints.require_lease(spec.trial_id);
  loop.run();

  results::TrialRecord record = loop.state().record;
  record.status = "succeeded";
  if (is_probe) record.counts = nlohmann::json{{"probe", loop.probe().json()}}.dump();
  record.provenance = provenance_json(device_, spec, context.run_id, context.attempt);
  if (keeps_parameters(spec)) record.parameters = to_arrays(live.method->saved_tensors());
  name_tasks(record.parameters, spec.method_options.tasks);
  record.cost.peak_memory_bytes =
      std::max(record.cost.peak_memory_bytes, peak_memory_bytes(device_));
  record.cost.device = device_description(device_);
  record.cost.attempts = context.attempt;
  if (record.cost.train_seconds > 0) {
    record.cost.examples_per_second =
        static_cast<double>(loop.state().examples) / record.cost.train_seconds;
  }
  checkpoints.require_lease(spec.trial_id);
  return writing_to_disk([&] {
    const results::Published published =
        results::publish_trial(context.study, record, context.run_id, context.attempt);
    results::remove_checkpoints(context.study, spec.trial_id);
    return published.digest;
  });
}

}  // namespace attempt::train
