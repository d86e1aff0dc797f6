#include "runner/sweep/start_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/tokenizer.h"
#include "runner/sweep/ready_made_prompts.h"

namespace attempt::sweep {
namespace {

void warn_once(std::vector<std::string>& warnings, const std::string& warning) {
  if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) {
    warnings.push_back(warning);
  }
}

/// What is wrong with the start, and what to do; "" if nothing.
std::string start_problem(const TrialSpec& spec, const CheckContext& context) {
  const model::MethodOptions& options = spec.method_options;
  const bool is_question_answering =
      std::any_of(spec.tasks.begin(), spec.tasks.end(),
                  [](const TaskSpec& task) { return task_of(task).is_question_answering(); });
  switch (options.init) {
    case model::PromptInit::kClassLabels:
      if (!is_question_answering || !options.init_words.empty()) return "";
      return "has init = \"class_labels\" (question answering has no classes). Choose another "
             "start, e.g. \"sampled_vocab\", or list words in init_words";
    case model::PromptInit::kText:
      if (!options.init_text.empty()) return "";
      return "has init = \"text\" without a text (there is nothing to start from). Add init_text = "
             "\"...\"";
    case model::PromptInit::kFile: {
      if (options.init_file.empty()) {
        return "starts from a file and none is named (there is nothing to start from). Add "
               "init_file = \"PATH\"";
      }
      const bool is_deep = options.is_deep || options.deep == model::DeepKind::kPrompts;
      const std::string problem = start_file_problem(
          options.init_file, options.prompt_length,
          is_deep ? context.backbone.config.num_layers : 0, context.inputs, context.backbone);
      return problem.empty() ? ""
                             : "cannot start from " + options.init_file + " (" + problem +
                                   "). Name another init_file";
    }
    default:
      return "";
  }
}

}  // namespace

void check_start(const Draft& draft, const Settings& settings, const TrialSpec& spec,
                 const CheckContext& context) {
  const bool has_init = settings.has("method.init");
  if (!has_init && !settings.has("method.target_init")) return;
  const std::string setting = has_init ? "method.init" : "method.target_init";
  const std::string who =
      "'" + (draft.variant.empty() ? draft.method : draft.variant) + "' on " + task_text(spec);
  const bool is_written = !settings.position(setting).file.empty();
  if (const std::string problem = start_problem(spec, context); !problem.empty()) {
    context.problems.add(is_written ? settings.position(setting) : draft.at, setting,
                         who + " " + problem);
    return;
  }
  const model::MethodOptions& options = spec.method_options;
  if (options.init != model::PromptInit::kText || context.backbone.tokenizer.empty()) return;
  const auto count = static_cast<std::int64_t>(
      context.inputs.encode(context.backbone.tokenizer, options.init_text).size());
  if (count > options.prompt_length) {
    warn_once(
        context.warnings,
        fmt::format("{} starts from a text of {} tokens and has {} rows; the rest of the text "
                    "is not used",
                    who, count, options.prompt_length));
  }
}

void check_labels(const Draft& draft, const datasets::Task& task, const TaskSpec& spec,
                  const CheckContext& context) {
  if (context.backbone.tokenizer.empty()) return;
  for (const std::string& label : task.label_texts) {
    const auto ids = context.inputs.encode(context.backbone.tokenizer, label);
    const auto length = static_cast<std::int64_t>(ids.size()) + 1;  // with the end token
    if (std::find(ids.begin(), ids.end(), datasets::kUnkId) != ids.end()) {
      context.problems.add(draft.at, "targets.tasks",
                           "the label '" + label + "' of " + task.name +
                               " is outside the vocabulary of " + context.backbone.tokenizer +
                               " (it would be learned as <unk>). Use a tokenizer that has it, or " +
                               "remove the task");
      return;
    }
    if (task.definition && length > spec.max_target_length) {
      context.problems.add(
          draft.at, "targets.tasks",
          fmt::format("the label '{}' of {} is {} tokens long (max_target_length "
                      "is {}; it would be cut and never be right). Raise "
                      "max_target_length in [task.{}], or shorten the label",
                      label, task.name, length, spec.max_target_length, task.name));
      return;
    }
  }
}

}  // namespace attempt::sweep
