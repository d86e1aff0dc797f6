#include "runner/sweep/trial_id.h"

#include <algorithm>
#include <vector>

#include "model/shapes/method_shapes.h"
#include "results/digest.h"
#include "runner/config/names.h"

namespace attempt::sweep {
namespace {

/// Settings that stand in the text as the trials or contents they name.
bool is_named_otherwise(const std::string& name) {
  static const std::vector<std::string> kNames = {
      "method.sources", "method.source",      "method.source_qa", "method.target_init",
      "method.resize",  "method.g_init_file", "data.compat"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string source_text(const SourceRef& source) {
  const std::string resize = source.resize.empty() ? "" : ", " + source.resize;
  return (source.trial_id.empty() ? "file " + source.sha256 : "trial " + source.trial_id) + resize;
}

/// The sources that target prompts start from, in the order of the tasks.
std::vector<std::string> start_texts(const TrialSpec& spec) {
  std::vector<std::string> names = spec.method_options.task_start_sources;
  if (!spec.method_options.start_source.empty()) {
    names.push_back(spec.method_options.start_source);
  }
  std::vector<std::string> texts;
  for (const std::string& name : names) {
    const auto source = std::find_if(spec.sources.begin(), spec.sources.end(),
                                     [&](const SourceRef& ref) { return ref.name == name; });
    if (source != spec.sources.end()) {
      texts.push_back(source_text(*source));
    }
  }
  return texts;
}

}  // namespace

int semantics_version(const std::string& method) {
  static const std::map<std::string, int> kChanged = {};
  const auto found = kChanged.find(method);
  return found == kChanged.end() ? 1 : found->second;
}

bool rule_concerns(const std::string& rule, const std::string& task, bool is_question_answering,
                   const std::string& method) {
  const std::string family = rule.substr(0, rule.find('.'));
  static const std::vector<std::string> kEveryTask = {"decode", "generate", "pad"};
  if (std::find(kEveryTask.begin(), kEveryTask.end(), family) != kEveryTask.end()) {
    return true;
  }
  return family == task || (family == "qa" && is_question_answering) ||
         (rule == "max_source.spot" && method == "spot") ||
         (rule == "prefix.adapter" && method.starts_with("adapter"));
}

std::string trial_id_text(const TrialSpec& spec, const Settings& settings, const Settings& defaults,
                          const std::map<std::string, std::string>& file_digests) {
  std::vector<std::string> lines;
  for (const auto& [name, setting] : settings.all()) {
    if (!setting.key->in_trial_id || is_named_otherwise(name) || name.starts_with("data.rules.")) {
      continue;
    }
    if (defaults.has(name) && config::same_value(defaults.at(name).value, setting.value)) {
      continue;
    }
    const auto digest = file_digests.find(name);
    lines.push_back(
        name + " = " +
        (digest == file_digests.end() ? config::to_toml(setting.value) : "file " + digest->second));
  }
  const auto concerns_a_task = [&](const std::string& rule) {
    return std::any_of(spec.tasks.begin(), spec.tasks.end(), [&](const TaskSpec& task) {
      const bool is_qa = task_of(task).is_question_answering();
      return rule_concerns(rule, task.name, is_qa, spec.method);
    });
  };
  for (const std::string_view name : datasets::authors_rules(settings.rules)) {
    const std::string rule(name);
    if (concerns_a_task(rule)) lines.push_back("rule " + rule + " = authors");
  }
  if (spec.train.mixing.selection != MixingSpec{}.selection) {
    lines.push_back("selection = " + spec.train.mixing.selection);
  }
  if (spec.train.optimizer.schedule_steps > 0) {
    lines.push_back("schedule_steps = " + std::to_string(spec.train.optimizer.schedule_steps));
  }
  const model::MethodOptions& options = spec.method_options;
  if (model::single_task_form(spec.method) == "attempt" && options.start_source.empty() &&
      options.task_start_sources.empty() && options.target != model::TargetUse::kNone) {
    lines.push_back("start = " + settings.text("method.target_init"));
  }
  std::sort(lines.begin(), lines.end());

  std::string text = "attempt-trial 1\nphase = " + spec.phase + "\nmethod = " + spec.method + " " +
                     std::to_string(semantics_version(spec.method)) +
                     "\nseed = " + std::to_string(spec.seed) +
                     "\nbackbone = " + spec.model.fingerprint +
                     "\ntokenizer = " + spec.data.tokenizer_fingerprint + "\n";
  for (const TaskSpec& task : spec.tasks) {
    text += "task = " + task.name + " " + task.fingerprint + "\n";
  }
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  for (const std::string& name : options.mixed_sources) {
    const auto source = std::find_if(spec.sources.begin(), spec.sources.end(),
                                     [&](const SourceRef& ref) { return ref.name == name; });
    // A row leaves out the source of its own task, which it knows by name.
    const std::string as = options.g_exclude_own ? " as " + name : "";
    text += "mixed = " + source_text(*source) + as + "\n";
  }
  for (const TensorStart& start : spec.starts) {
    text += start.tensors + " = " +
            (start.trial_id.empty() ? "file " + start.sha256 : "trial " + start.trial_id) + "\n";
  }
  for (const std::string& start : start_texts(spec)) {
    text += "start = " + start + "\n";
  }
  if (spec.start_choice.is_made()) {
    for (const SourceRef& source : spec.sources)
      text += "candidate = " + source_text(source) + "\n";
    text += "probe = trial " + spec.start_choice.probe + "\n";
  }
  return text;
}

std::string trial_id(const std::string& text) { return results::sha256(text).substr(0, 32); }

}  // namespace attempt::sweep
