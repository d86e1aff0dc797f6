#include "runner/sweep/trial_id.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "results/digest.h"

namespace attempt::sweep {
namespace {

/// Settings that stand in the text as the trials or contents they name.
bool is_named_otherwise(const std::string& name) {
  static const std::vector<std::string> kNames = {"method.sources",   "method.source",
                                                  "method.source_qa", "method.target_init",
                                                  "method.resize",    "data.compat"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string source_text(const SourceRef& source) {
  const std::string resize = source.resize.empty() ? "" : ", " + source.resize;
  return (source.trial_id.empty() ? "file " + source.sha256 : "trial " + source.trial_id) + resize;
}

std::string start_text(const TrialSpec& spec) {
  for (const SourceRef& source : spec.sources) {
    if (!spec.method_options.start_source.empty() &&
        source.name == spec.method_options.start_source) {
      return source_text(source);
    }
  }
  return "";
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
  const TaskSpec& task = spec.tasks.at(0);
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
  const bool is_question_answering = datasets::find_task(task.name).is_question_answering();
  const nlohmann::json rules = settings.rules;
  for (const auto& [rule, value] : rules.items()) {
    if (value == "authors" && rule_concerns(rule, task.name, is_question_answering, spec.method)) {
      lines.push_back("rule " + rule + " = authors");
    }
  }
  const model::MethodOptions& options = spec.method_options;
  if (spec.method == "attempt" && options.start_source.empty() &&
      options.target != model::TargetUse::kNone) {
    lines.push_back("start = " + settings.text("method.target_init"));
  }
  std::sort(lines.begin(), lines.end());

  std::string text = "attempt-trial 1\nphase = " + spec.phase + "\nmethod = " + spec.method + " " +
                     std::to_string(semantics_version(spec.method)) +
                     "\nseed = " + std::to_string(spec.seed) +
                     "\nbackbone = " + spec.model.fingerprint +
                     "\ntokenizer = " + spec.data.tokenizer_fingerprint + "\ntask = " + task.name +
                     " " + task.fingerprint + "\n";
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  for (const std::string& name : options.mixed_sources) {
    const auto source = std::find_if(spec.sources.begin(), spec.sources.end(),
                                     [&](const SourceRef& ref) { return ref.name == name; });
    text += "mixed = " + source_text(*source) + "\n";
  }
  if (const std::string start = start_text(spec); !start.empty()) {
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
