#include "runner/train/method_setup.h"

#include <algorithm>
#include <span>

#include "datasets/task.h"
#include "model/prompt_file.h"
#include "runner/train/derive_seed.h"
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
      const auto& labels = datasets::find_task(task.name).label_texts;
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

}  // namespace

std::unique_ptr<model::Method> set_up_method(const sweep::TrialSpec& spec, model::T5& backbone,
                                             const datasets::Tokenizer& tokenizer,
                                             std::vector<model::SourcePrompt> sources) {
  model::MethodInputs inputs;
  inputs.options = spec.method_options;
  inputs.backbone = &backbone;
  inputs.sources = std::move(sources);
  inputs.init_seed = derive_seed(spec.seed, "initialisation");
  switch (spec.method_options.init) {
    case model::PromptInit::kText:
      inputs.init_ids = ids_of(tokenizer, spec.method_options.init_text);
      break;
    case model::PromptInit::kClassLabels:
      inputs.label_ids = label_ids(spec, tokenizer);
      break;
    case model::PromptInit::kFile:
      inputs.init_prompt = model::read_prompt_file(spec.method_options.init_file);
      break;
    default:
      break;
  }
  if (spec.method_options.head == model::PredictionHead::kLinear) {
    inputs.label_ids = label_ids(spec, tokenizer);
  }
  for (const sweep::CalibrationTask& source : spec.calibration) {
    inputs.calibration.push_back(calibration_rows(source, backbone.device));
  }
  return model::make_method(inputs);
}

}  // namespace attempt::train
