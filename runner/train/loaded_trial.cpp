#include "runner/train/loaded_trial.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/shapes/method_shapes.h"
#include "model/shapes/model_error.h"
#include "results/digest.h"
#include "results/trial_file.h"
#include "runner/sweep/expand.h"
#include "runner/train/method_setup.h"
#include "runner/train/source_prompts.h"

namespace attempt::train {

namespace fs = std::filesystem;

namespace {

/// DIR of DIR/trials/<id>.h5.
fs::path study_of(const fs::path& trial_file) {
  return fs::absolute(trial_file).parent_path().parent_path();
}

/// A calibrated temperature is a fact of the trial: its file has the number.
void use_recorded_temperature(const TrainedFile& file, model::MethodOptions& options) {
  if (options.temperature_rule != model::TemperatureRule::kCalibrated) return;
  for (const auto& [task, attention] : results::read_trial_summary(file.path).attention) {
    if (std::isnan(attention.temperature)) continue;
    options.temperature_rule = model::TemperatureRule::kNumber;
    options.temperature = attention.temperature;
    return;
  }
  throw model::ModelError(file.path.string(),
                          "does not say its calibrated temperature (it has no attention)");
}

void change_sources(const TrainedFile& file, const SourceChange& change,
                    model::MethodOptions& options, std::vector<model::SourcePrompt>& prompts) {
  if (change.is_empty()) return;
  const auto refuse = [&](const std::string& problem) {
    throw model::ModelError(file.path.string(), problem);
  };
  if (model::single_task_form(options.method) != "attempt") {
    refuse("mixes no source prompts (method " + options.method +
           "), so none can be added or removed");
  }
  if (options.sources_trainable) {
    refuse(
        "trained its source prompts (sources_trainable), so they are its own and none can be "
        "added or removed");
  }
  std::vector<std::string>& mixed = options.mixed_sources;
  for (const std::string& name : change.removed) {
    const auto found = std::find(mixed.begin(), mixed.end(), name);
    if (found == mixed.end()) {
      refuse(fmt::format("does not mix the source prompt '{}' (it mixes {})", name,
                         fmt::join(mixed, ", ")));
    }
    mixed.erase(found);
  }
  for (const SourceChange::Added& added : change.added) {
    if (std::find(mixed.begin(), mixed.end(), added.name) != mixed.end()) {
      refuse("mixes a source prompt '" + added.name + "' already");
    }
    mixed.push_back(added.name);
    prompts.push_back({added.name, read_ready_made_prompt(added.path)});
  }
  if (mixed.empty()) refuse("would be left without a source prompt");
}

/// The files of a plan whose tasks have no data: for what follows from its keys alone.
class SettingsAlone : public sweep::StudyInputs {
 public:
  sweep::BackboneFacts backbone(const config::SweepFile& sweep) override {
    return files_->backbone(sweep);
  }
  sweep::TaskFacts task(const datasets::Task&, const sweep::DataSpec&,
                        const sweep::TaskSpec&) override {
    constexpr std::int64_t kSome = 1000;
    return {"", {kSome, kSome, kSome}, {}};
  }
  std::string file_digest(const fs::path& file) override { return files_->file_digest(file); }
  sweep::PromptFacts prompt(const fs::path& file) override { return files_->prompt(file); }
  std::vector<std::int32_t> encode(const fs::path& tokenizer, const std::string& text) override {
    return files_->encode(tokenizer, text);
  }

 private:
  std::unique_ptr<sweep::StudyInputs> files_ =
      sweep::open_study_inputs(/*allow_missing_weights=*/false);
};

}  // namespace

TrialLoader::TrialLoader(ServingPlace place, at::Device device)
    : place_(std::move(place)), device_(device), tokenizer_(place_.backbone.tokenizer) {}

model::T5& TrialLoader::backbone(const std::string& precision) {
  std::unique_ptr<model::T5>& loaded = backbones_[precision];
  if (loaded == nullptr) {
    model::BackboneOptions options;
    options.folder = place_.backbone.folder;
    options.precision = precision == "bf16" ? model::Precision::kBf16 : model::Precision::kFp32;
    options.device = device_.str();
    loaded = model::load_t5(options);
  }
  return *loaded;
}

LoadedTrial TrialLoader::load(const std::string& path, const SourceChange& change) {
  LoadedTrial loaded;
  loaded.file = read_trained_file(path);
  require_backbone(loaded.file, place_.backbone, place_.is_any_base);
  if (loaded.file.spec == nullptr && !loaded.file.trial_id.empty()) {
    throw model::ModelError(path,
                            "does not say what its trial was asked to do (an older version "
                            "of this program wrote it). Run the trial again");
  }
  sweep::TrialSpec& spec = loaded.spec;
  if (loaded.file.spec != nullptr) spec = *loaded.file.spec;
  spec.method_options = loaded.file.adapter.options;
  use_recorded_temperature(loaded.file, spec.method_options);

  const results::StudyFolder study(place_.study.empty() ? study_of(path) : fs::path(place_.study));
  LoadedSources sources = load_source_prompts(spec, study);
  change_sources(loaded.file, change, spec.method_options, sources.prompts);
  nlohmann::json starts_used = nlohmann::json::array();
  const bool needs_g = !spec.method_options.g_trainable && !spec.starts.empty();
  const StartTensors starts =
      needs_g ? load_start_tensors(spec, study, starts_used) : StartTensors{};
  loaded.method = restore_trial_method(spec, backbone(spec.model.precision), tokenizer_,
                                       sources.prompts, {starts, loaded.file.adapter.tensors});

  // The rest says where data are: here, not where the trial ran.
  if (!place_.data_root.empty()) spec.data.root = place_.data_root;
  spec.data.cache = (results::user_cache_folder() / "tokens").string();
  spec.data.tokenizer = place_.backbone.tokenizer;
  spec.data.tokenizer_fingerprint = results::sha256_file(spec.data.tokenizer);
  return loaded;
}

TaskTokens TrialLoader::open(const sweep::DataSpec& data, sweep::TaskSpec task,
                             std::int64_t task_id) {
  // The files of today, not those that the trial had.
  const auto inputs = sweep::open_study_inputs(/*allow_missing_weights=*/false);
  task.fingerprint = inputs->task(sweep::task_of(task), data, task).fingerprint;
  TaskTokens tokens = open_task(data, task, task_id);
  draw_few_shot(tokens);
  return tokens;
}

TrialLoader::TaskSettings TrialLoader::default_task(const std::string& name) {
  // What a sweep would do is asked of a sweep.
  const nlohmann::json quoted = {place_.backbone.folder.string(), place_.data_root, name};
  std::string file = (fs::temp_directory_path() / "attempt_task_XXXXXX.toml").string();
  const int descriptor = ::mkstemps(file.data(), 5);
  if (descriptor < 0) throw model::ModelError(file, "cannot be made");
  ::close(descriptor);
  std::ofstream(file) << "[sweep]\nname = \"task\"\n[model]\npath = " << quoted[0].dump()
                      << "\n[data]\nroot = " << quoted[1].dump() << "\n[targets]\ntasks = ["
                      << quoted[2].dump() << "]\nmethods = [\"frozen\"]\n";
  try {
    SettingsAlone inputs;
    const sweep::Plan plan = sweep::expand(config::read_sweep(file, {}), inputs);
    fs::remove(file);
    const sweep::TrialSpec& spec = plan.trials.at(0).spec;
    return {spec.data, spec.tasks.at(0)};
  } catch (...) {
    fs::remove(file);
    throw;
  }
}

}  // namespace attempt::train
