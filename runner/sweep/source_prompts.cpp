#include "runner/sweep/source_prompts.h"

#include <algorithm>

#include "model/shapes/method_shapes.h"
#include "runner/config/names.h"
#include "runner/config/nearest_name.h"
#include "runner/sweep/option_names.h"

namespace attempt::sweep {
namespace {

const AvailableSource* find(const AvailableSources& available, const std::string& name) {
  std::string ignored;
  const std::string canonical = config::task_name(name, {}, ignored).value_or(name);
  for (const AvailableSource& source : available) {
    if (!source.is_probe && (source.ref.name == name || source.ref.name == canonical)) {
      return &source;
    }
  }
  return nullptr;
}

std::string choices(const AvailableSources& available) {
  std::vector<std::string> names;
  for (const AvailableSource& source : available) {
    if (!source.is_probe) names.push_back(source.ref.name);
  }
  return names.empty() ? "[sources] gives none" : "[sources] gives " + config::join_names(names);
}

bool is_init_word(const std::string& word) {
  return word == "sampled_vocab" || word == "random" || word == "unit_normal" || word == "file";
}

class Chooser {
 public:
  Chooser(const Draft& draft, const Settings& settings, const AvailableSources& available,
          TrialSpec& spec, config::Problems& problems)
      : draft_(draft),
        settings_(settings),
        available_(available),
        spec_(spec),
        problems_(problems) {}

  void mix(bool auto_exclude) {
    for (const AvailableSource* source : mixture()) {
      if (!auto_exclude || !is_target(*source)) add(*source, /*is_mixed=*/true);
    }
    if (spec_.method_options.mixed_sources.empty() && !is_refused_ &&
        settings_.text("method.target") != "add_only") {
      const std::string where = settings_.has("method.sources") ? "method.sources" : "";
      refuse(where, "the list of source prompts of '" + name() +
                        "' is empty (it mixes source prompts). Add [sources] tasks, or use "
                        "prompt_tuning");
    }
  }

  /// All source prompts as candidates for a start that is made of those most similar to the probe.
  void choose_by_similarity(bool auto_exclude) {
    StartChoice& made = spec_.start_choice;
    made.choice = option_from_name<SourceChoice>(settings_.text("method.choose"));
    made.similarity = option_from_name<Similarity>(settings_.text("method.similarity"));
    if (settings_.has("method.top_k")) made.top_k = settings_.integer("method.top_k");
    if (settings_.has("method.weights")) {
      made.weighting = option_from_name<SourceWeighting>(settings_.text("method.weights"));
    }
    std::optional<PromptStart> start;
    for (const AvailableSource& source : available_) {
      if (!source.is_probe) continue;
      made.probe = source.ref.trial_id;
      start = source.start;
      made.probe_start = start.value_or(PromptStart{});
    }
    for (const AvailableSource& source : available_) {
      if (source.is_probe || (auto_exclude && is_target(source))) continue;
      add(source, /*is_mixed=*/false);
      if (start && source.start == start) made.of_equal_start.push_back(source.ref.name);
    }
    if (spec_.sources.empty()) {
      refuse("method.choose", "'" + name() + "' on " + draft_.task +
                                  " has no source prompts to choose from (it starts from the most "
                                  "similar ones). Add [sources] tasks");
    }
    std::vector<std::string>& needed = spec_.depends_on;  // a source trial may equal the probe
    if (std::find(needed.begin(), needed.end(), made.probe) == needed.end()) {
      needed.push_back(made.probe);
    }
    spec_.method_options.start_source = kMadeStart;
    spec_.method_options.init = model::PromptInit::kSource;
  }

  void start_from(const std::string& setting, const std::string& source_name,
                  const std::string& task) {
    const AvailableSource* source = find(available_, source_name);
    if (source == nullptr) {
      refuse(setting, "the start prompt '" + source_name + "' of '" + name() + "' on " + task +
                          " is not there (" + choices(available_) +
                          "). Add it to [sources] tasks, or set method." + draft_.method + "." +
                          setting.substr(std::string("method.").size()) + " to one of these");
      return;
    }
    add(*source, /*is_mixed=*/false);
    if (draft_.tasks.empty()) {
      spec_.method_options.start_source = source->ref.name;
    } else {
      spec_.method_options.task_start_sources.push_back(source->ref.name);
    }
    spec_.method_options.init = model::PromptInit::kSource;
  }

  /// The source tasks whose rows calibrate the temperature; methods.md section 6.2.
  void calibrate() {
    const std::string setting = "method.temperature";
    if (is_refused_) {
      return;
    }
    if (spec_.method_options.mixed_sources.size() < 2) {
      refuse(setting, "the temperature of '" + name() +
                          "' is \"calibrated\" and it mixes one source prompt (what is measured "
                          "is how far apart the scores of several are). Give a number, or "
                          "\"paper\"");
      return;
    }
    for (const std::string& mixed : spec_.method_options.mixed_sources) {
      const AvailableSource* source = find(available_, mixed);
      if (!source->task) {
        refuse(setting, "the temperature of '" + name() +
                            "' is \"calibrated\" and the source prompt '" + mixed +
                            "' is a file (the training rows of the source tasks are needed). Give "
                            "a number, or \"paper\"");
        continue;
      }
      spec_.calibration.push_back(*source->task);
    }
  }

 private:
  std::string name() const { return draft_.variant.empty() ? draft_.method : draft_.variant; }

  bool is_target(const AvailableSource& source) const {
    const std::vector<std::string> tasks = task_names(draft_);
    return std::find(tasks.begin(), tasks.end(), source.ref.name) != tasks.end();
  }

  void refuse(const std::string& setting, const std::string& message) {
    const bool is_written = settings_.has(setting) && !settings_.position(setting).file.empty();
    is_refused_ = true;
    problems_.add(is_written ? settings_.position(setting) : draft_.at, setting, message);
  }

  /// The prompts that `sources` names, or changes the list of [sources] tasks to; all by default.
  std::vector<const AvailableSource*> mixture() {
    std::vector<const AvailableSource*> chosen;
    if (!settings_.has("method.sources")) {
      for (const AvailableSource& source : available_) chosen.push_back(&source);
      return chosen;
    }
    const config::Value& given = settings_.at("method.sources").value;
    if (!given.is_table()) {
      for (const config::Value& name : given.array()) append(name.text(), chosen);
      return chosen;
    }
    for (const AvailableSource& source : available_) {
      if (source.is_listed) chosen.push_back(&source);
    }
    if (const config::Value* removed = given.find("remove")) {
      for (const config::Value& name : removed->array()) {
        const auto place = std::find(chosen.begin(), chosen.end(), find(available_, name.text()));
        if (place == chosen.end()) {
          refuse("method.sources", "source prompt '" + name.text() +
                                       "' cannot be removed (it is not in sources.tasks; " +
                                       choices(available_) + "). Correct the list");
        } else {
          chosen.erase(place);
        }
      }
    }
    if (const config::Value* added = given.find("add")) {
      for (const config::Value& name : added->array()) append(name.text(), chosen);
    }
    return chosen;
  }

  void append(const std::string& source_name, std::vector<const AvailableSource*>& chosen) {
    const AvailableSource* source = find(available_, source_name);
    if (source == nullptr) {
      refuse("method.sources", "source prompt '" + source_name + "' is not there (" +
                                   choices(available_) +
                                   "). Add it to [sources] tasks, or to sources.prompts");
    } else if (std::find(chosen.begin(), chosen.end(), source) != chosen.end()) {
      refuse("method.sources", "source prompt '" + source_name +
                                   "' would be mixed twice (every prompt counts once). Remove one");
    } else {
      chosen.push_back(source);
    }
  }

  bool has_deep_sources() const { return spec_.method_options.deep == model::DeepKind::kPrompts; }

  /// How the prompt comes to the trial's length; "" where it has it. Refuses what cannot.
  std::string resized(const AvailableSource& source) {
    const std::int64_t rows = spec_.method_options.prompt_length;
    const std::string& resize = settings_.text("method.resize");
    if (source.prompt_length == 0) return resize == "off" ? "" : resize;  // the trainer will see
    const bool fits = source.prompt_length == rows;
    if (fits || resize == "tile" || (resize == "truncate" && source.prompt_length > rows)) {
      return fits ? "" : resize;
    }
    const std::string file = source.ref.path.empty() ? "" : " (" + source.ref.path + ")";
    refuse("method.prompt_length",
           "the source prompt '" + source.ref.name + "'" + file + " has " +
               std::to_string(source.prompt_length) + " rows and '" + name() + "' has " +
               std::to_string(rows) +
               " (prompts that are mixed or copied have equal shapes). Give both the same "
               "prompt_length, in [method.prompt_tuning] or [sources.train] and in [method." +
               draft_.method + "], or ask for resize = \"" +
               (source.prompt_length > rows ? "truncate" : "tile") + "\"");
    return "";
  }

  void add(const AvailableSource& source, bool is_mixed) {
    if (source.is_deep && *source.is_deep != has_deep_sources()) {
      refuse("method.deep",
             "the source prompt '" + source.ref.name + "' (" + source.ref.path + ") has rows for " +
                 (*source.is_deep ? "every encoder layer" : "the input only") + " and '" + name() +
                 "' takes prompts of " +
                 (*source.is_deep ? "the input" : "every encoder layer, deep = \"prompts\"") +
                 " (the two have different shapes). Name another file");
      return;
    }
    const std::string resize = resized(source);
    if (is_mixed) {
      spec_.method_options.mixed_sources.push_back(source.ref.name);
    }
    const bool known = std::any_of(spec_.sources.begin(), spec_.sources.end(),
                                   [&](const SourceRef& r) { return r.name == source.ref.name; });
    if (!known) {
      spec_.sources.push_back(source.ref);
      spec_.sources.back().resize = resize;
      if (!source.ref.trial_id.empty()) {
        spec_.depends_on.push_back(source.ref.trial_id);
      }
    }
  }

  const Draft& draft_;
  const Settings& settings_;
  const AvailableSources& available_;
  TrialSpec& spec_;
  config::Problems& problems_;
  bool is_refused_ = false;  ///< what would follow from the first problem is not reported
};

}  // namespace

std::optional<PromptStart> start_of(const TrialSpec& spec) {
  const model::MethodOptions& options = spec.method_options;
  if (options.init == model::PromptInit::kClassLabels) return std::nullopt;
  return PromptStart{spec.seed,
                     options.prompt_length,
                     options.init,
                     options.init_text,
                     options.text_fill == model::TextFill::kRepeat,
                     options.init_file,
                     spec.init_file_sha256};
}

void choose_sources(const Draft& draft, const Settings& settings, const AvailableSources& available,
                    bool auto_exclude, TrialSpec& spec, config::Problems& problems) {
  Chooser chooser(draft, settings, available, spec, problems);
  if (draft.method == "spot" && settings.text("method.choose") != "fixed") {
    chooser.choose_by_similarity(auto_exclude);
    return;
  }
  if (draft.method == "spot") {
    const datasets::Task task = task_of(spec.tasks.front());
    const std::string setting = task.is_question_answering() ? "method.source_qa" : "method.source";
    chooser.start_from(setting, settings.text(setting), draft.task);
    return;
  }
  if (model::single_task_form(draft.method) != "attempt") {
    return;
  }
  chooser.mix(auto_exclude);
  if (spec.method_options.temperature_rule == model::TemperatureRule::kCalibrated) {
    chooser.calibrate();
  }
  if (!settings.has("method.target_init")) {
    return;
  }
  const std::string& start = settings.text("method.target_init");
  if (is_init_word(start)) {
    return;
  }
  for (const TaskSpec& facts : spec.tasks) {
    const std::string& task = facts.name;
    std::string source = start;
    if (start == "first") {
      if (spec.method_options.mixed_sources.empty()) return;
      source = spec.method_options.mixed_sources.front();
    } else if (start == "auto") {
      source = task_of(facts).is_question_answering() ? "squad" : "mnli";
    } else if (start == "own") {
      source = task;
    }
    chooser.start_from("method.target_init", source, task);
  }
}

}  // namespace attempt::sweep
