#include "runner/train/method_setup.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <span>

#include "datasets/task.h"
#include "model/prompt_init.h"
#include "runner/train/derive_seed.h"
#include "runner/train/source_prompts.h"
#include "runner/train/task_tokens.h"

namespace attempt::train {

namespace {

std::vector<std::int64_t> ids_of(const datasets::Tokenizer& tokenizer, const std::string& text) {
  const std::vector<std::int32_t> ids = tokenizer.encode(text);
  return {ids.begin(), ids.end()};
}

/// Ids of the texts of a task's classes, or of the words that stand for them.
std::vector<std::vector<std::int64_t>> label_ids(const sweep::TrialSpec& spec,
                                                 const datasets::Tokenizer& tokenizer) {
  std::vector<std::string> texts = spec.method_options.init_words;
  if (texts.empty()) {
    for (const sweep::TaskSpec& task : spec.tasks) {
      const std::vector<std::string> labels = sweep::task_of(task).label_texts;
      texts.insert(texts.end(), labels.begin(), labels.end());
    }
  }
  std::vector<std::vector<std::int64_t>> ids;
  for (const std::string& text : texts) ids.push_back(ids_of(tokenizer, text));
  return ids;
}

/// The rows of one source task that calibrate the temperature.
model::Batch calibration_rows(const sweep::CalibrationTask& source, const at::Device& device) {
  constexpr std::size_t kRows = 100;  // methods.md section 6.2
  const TaskTokens task = open_task(source.data, source.task);
  const std::span<const std::int64_t> rows(task.train_rows.data(),
                                           std::min(kRows, task.train_rows.size()));
  return to_model_batch(datasets::collate(*task.tokens.train, rows, task.collate), device);
}

/// What a prompt's initialisation takes, but for the labels of a task.
/// @param file_digest  SHA-256 that the plan found for options.init_file
model::MethodInputs start_inputs(const model::MethodOptions& options,
                                 const std::string& file_digest, std::uint64_t seed,
                                 model::T5& backbone, const datasets::Tokenizer& tokenizer) {
  model::MethodInputs inputs;
  inputs.options = options;
  inputs.backbone = &backbone;
  inputs.init_seed = derive_seed(seed, "initialisation");
  if (options.init == model::PromptInit::kText) {
    inputs.init_ids = ids_of(tokenizer, options.init_text);
  } else if (options.init == model::PromptInit::kFile) {
    digest_as_planned(options.init_file, file_digest);
    inputs.init_prompt = read_ready_made_prompt(options.init_file);
  }
  return inputs;
}

}  // namespace

std::unique_ptr<model::Method> set_up_method(const sweep::TrialSpec& spec, model::T5& backbone,
                                             const datasets::Tokenizer& tokenizer,
                                             std::vector<model::SourcePrompt> sources,
                                             const StartTensors& starts) {
  model::MethodInputs inputs =
      start_inputs(spec.method_options, spec.init_file_sha256, spec.seed, backbone, tokenizer);
  inputs.sources = std::move(sources);
  const bool takes_labels = spec.method_options.init == model::PromptInit::kClassLabels ||
                            spec.method_options.head == model::PredictionHead::kLinear;
  if (takes_labels) {
    inputs.label_ids = label_ids(spec, tokenizer);
  }
  if (spec.method_options.placement == model::PromptPlacement::kBetween) {
    for (const sweep::TaskSpec& task : spec.tasks)
      inputs.second_field_ids.push_back(ids_of(tokenizer, sweep::task_of(task).second_field));
  }
  for (const sweep::CalibrationTask& source : spec.calibration) {
    inputs.calibration.push_back(calibration_rows(source, backbone.device));
  }
  inputs.g_tensors = starts.g;
  std::unique_ptr<model::Method> method = model::make_method(inputs);
  if (!starts.all.empty()) model::restore_parameters(*method, starts.all);
  return method;
}

std::unique_ptr<model::Method> restore_trial_method(const sweep::TrialSpec& spec,
                                                    model::T5& backbone,
                                                    const datasets::Tokenizer& tokenizer,
                                                    std::vector<model::SourcePrompt> sources,
                                                    const SavedTensors& tensors) {
  model::MethodInputs inputs;
  inputs.options = spec.method_options;
  inputs.options.init = model::PromptInit::kRandom;  // every start is overwritten
  inputs.options.start_source.clear();
  inputs.options.task_start_sources.clear();
  inputs.backbone = &backbone;
  inputs.init_seed = derive_seed(spec.seed, "initialisation");
  inputs.sources = std::move(sources);
  if (spec.method_options.head == model::PredictionHead::kLinear) {
    inputs.label_ids = label_ids(spec, tokenizer);
  }
  if (spec.method_options.placement == model::PromptPlacement::kBetween) {
    for (const sweep::TaskSpec& task : spec.tasks)
      inputs.second_field_ids.push_back(ids_of(tokenizer, sweep::task_of(task).second_field));
  }
  inputs.g_tensors = tensors.starts.g;
  return model::restore_method(std::move(inputs), tensors.saved);
}

at::Tensor drawn_start(const sweep::PromptStart& start, model::T5& backbone,
                       const datasets::Tokenizer& tokenizer) {
  model::MethodOptions options;
  options.method = "prompt_tuning";
  options.prompt_length = start.prompt_length;
  options.init = start.init;
  options.init_text = start.text;
  if (start.repeats_text) options.text_fill = model::TextFill::kRepeat;
  options.init_file = start.file;
  return model::initial_prompt(
             start_inputs(options, start.file_sha256, start.seed, backbone, tokenizer))
      .to(at::kCPU);
}

}  // namespace attempt::train
