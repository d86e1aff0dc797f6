#include "runner/sweep/source_prompts.h"

#include <algorithm>

#include "runner/config/names.h"
#include "runner/config/nearest_name.h"

namespace attempt::sweep {
namespace {

const AvailableSource* find(const AvailableSources& available, const std::string& name) {
  std::string ignored;
  const std::string canonical = config::task_name(name, ignored).value_or(name);
  for (const AvailableSource& source : available) {
    if (source.ref.name == name || source.ref.name == canonical) {
      return &source;
    }
  }
  return nullptr;
}

std::string choices(const AvailableSources& available) {
  std::vector<std::string> names;
  for (const AvailableSource& source : available) {
    names.push_back(source.ref.name);
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
    if (!settings_.has("method.sources")) {
      for (const AvailableSource& source : available_) {
        if (!auto_exclude || source.ref.name != draft_.task) {
          add(source, /*is_mixed=*/true);
        }
      }
    } else {
      for (const config::Value& name : settings_.at("method.sources").value.array()) {
        const AvailableSource* source = find(available_, name.text());
        if (source == nullptr) {
          refuse("method.sources", "source prompt '" + name.text() + "' is not there (" +
                                       choices(available_) + "). Add it to [sources] tasks");
        } else if (!auto_exclude || source->ref.name != draft_.task) {
          add(*source, /*is_mixed=*/true);
        }
      }
    }
    if (spec_.method_options.mixed_sources.empty() && !is_refused_ &&
        settings_.text("method.target") != "add_only") {
      const std::string where = settings_.has("method.sources") ? "method.sources" : "";
      refuse(where, "the list of source prompts of '" + name() +
                        "' is empty (it mixes source prompts). Add [sources] tasks, or use "
                        "prompt_tuning");
    }
  }

  void start_from(const std::string& setting, const std::string& source_name) {
    const AvailableSource* source = find(available_, source_name);
    if (source == nullptr) {
      refuse(setting, "the start prompt '" + source_name + "' of '" + name() + "' on " +
                          draft_.task + " is not there (" + choices(available_) +
                          "). Add it to [sources] tasks, or set method." + draft_.method + "." +
                          setting.substr(std::string("method.").size()) + " to one of these");
      return;
    }
    add(*source, /*is_mixed=*/false);
    spec_.method_options.start_source = source->ref.name;
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

  void refuse(const std::string& setting, const std::string& message) {
    const bool is_written = !setting.empty() && !settings_.position(setting).file.empty();
    is_refused_ = true;
    problems_.add(is_written ? settings_.position(setting) : draft_.at, setting, message);
  }

  void add(const AvailableSource& source, bool is_mixed) {
    const std::int64_t rows = spec_.method_options.prompt_length;
    if (source.prompt_length != 0 && source.prompt_length != rows) {
      refuse("method.prompt_length",
             "the source prompt '" + source.ref.name + "' has " +
                 std::to_string(source.prompt_length) + " rows and '" + name() + "' has " +
                 std::to_string(rows) +
                 " (prompts that are mixed or copied have equal shapes). Give both the same "
                 "prompt_length, in [method.prompt_tuning] or [sources.train] and in [method." +
                 draft_.method + "]");
      return;
    }
    if (is_mixed) {
      spec_.method_options.mixed_sources.push_back(source.ref.name);
    }
    const bool known = std::any_of(spec_.sources.begin(), spec_.sources.end(),
                                   [&](const SourceRef& r) { return r.name == source.ref.name; });
    if (!known) {
      spec_.sources.push_back(source.ref);
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

void choose_sources(const Draft& draft, const datasets::Task& task, const Settings& settings,
                    const AvailableSources& available, bool auto_exclude, TrialSpec& spec,
                    config::Problems& problems) {
  Chooser chooser(draft, settings, available, spec, problems);
  if (draft.method == "spot") {
    const std::string setting = task.is_question_answering() ? "method.source_qa" : "method.source";
    chooser.start_from(setting, settings.text(setting));
    return;
  }
  if (draft.method != "attempt") {
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
  if (start == "first") {
    if (!spec.method_options.mixed_sources.empty()) {
      chooser.start_from("method.target_init", spec.method_options.mixed_sources.front());
    }
    return;
  }
  const std::string automatic = task.is_question_answering() ? "squad" : "mnli";
  chooser.start_from("method.target_init", start == "auto" ? automatic : start);
}

}  // namespace attempt::sweep
