#include "runner/cli/data_options.h"

#include "datasets/split_rules.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace fs = std::filesystem;

std::vector<Option> data_options() {
  return {
      {"data", "ROOT", "folder of the data sets (layouts: docs/data.md)"},
      {"model", "DIR",
       "backbone folder with spiece.model, or that file\n(default: ROOT/tokenizer/spiece.model)"},
      {"sweep", "FILE",
       "sweep that defines tasks of your own or names files;\nits data.root and model.path are the "
       "defaults of --data and --model"},
      {"compat", "C", "corrected (default), published or authors"},
      {"max-bad-rows", "N", "bad rows a file may have before it is refused (default 10)"}};
}

DataSource::DataSource(const Arguments& arguments) {
  if (arguments.has("sweep")) {
    std::vector<std::string> set;
    if (arguments.has("model")) set.push_back("model.path=" + arguments.value("model"));
    sweep_ = config::read_sweep(arguments.value("sweep"), set);
    options_.root = sweep_->data_root;
    options_.max_bad_rows = sweep_->max_bad_rows;
    model_ = sweep_->tokenizer.empty() ? sweep_->model_path : sweep_->tokenizer;
  } else if (!arguments.has("data")) {
    throw UsageError("--data ROOT is missing (the folder of the data sets)");
  }
  if (arguments.has("data")) options_.root = arguments.value("data");
  is_model_given_ = arguments.has("model");
  if (is_model_given_) model_ = arguments.value("model");
  options_.max_bad_rows = arguments.integer("max-bad-rows", options_.max_bad_rows, 0);
  try {
    options_.rules = datasets::rules_for_compat(arguments.value("compat", "corrected"));
  } catch (const std::invalid_argument& error) {
    throw UsageError(std::string("--compat: ") + error.what());
  }
}

const datasets::Task& DataSource::task(const std::string& name) const {
  try {
    return sweep_ ? sweep_->task(name) : datasets::find_task(name);
  } catch (const std::invalid_argument& error) {
    std::vector<std::string> known;
    for (const datasets::Task* task : all_tasks()) known.push_back(task->name);
    const std::string near = closest_word(name, known);
    throw UsageError(
        error.what() +
        (near.empty() ? sweep_ ? std::string() : ". A task of your own is in the sweep of --sweep"
                      : ". Did you mean '" + near + "'?"));
  }
}

std::vector<const datasets::Task*> DataSource::all_tasks() const {
  std::vector<const datasets::Task*> tasks;
  for (const datasets::Task& task : datasets::all_tasks()) tasks.push_back(&task);
  if (!sweep_) return tasks;
  for (const datasets::Task& task : sweep_->own_tasks) tasks.push_back(&task);
  return tasks;
}

datasets::LoadOptions DataSource::load_options(const datasets::Task& task) const {
  datasets::LoadOptions options = options_;
  if (!sweep_) return options;
  const auto files = sweep_->task_files.find(task.name);
  if (files != sweep_->task_files.end())
    options.files.insert(files->second.begin(), files->second.end());
  return options;
}

DataSource::Lengths DataSource::max_lengths(const datasets::Task& task) const {
  Lengths lengths{datasets::max_source_length(task, options_.rules), task.max_target_length};
  if (!sweep_) return lengths;
  for (const config::Assignment& assignment : sweep_->assignments) {
    const config::SettingPath& path = assignment.path;
    if (path.reach != config::Reach::kTask || path.name != task.name) continue;
    if (path.setting == "task.max_source_length") lengths.source = assignment.value.integer();
    if (path.setting == "task.max_target_length") lengths.target = assignment.value.integer();
  }
  return lengths;
}

std::optional<fs::path> DataSource::find_tokenizer() const {
  if (!model_.empty()) {
    const fs::path given = model_;
    const fs::path file = fs::is_directory(given) ? given / "spiece.model" : given;
    if (fs::is_regular_file(file)) return file;
    if (is_model_given_)
      throw UsageError("--model: " + file.string() + " is missing (the tokenizer of the backbone)");
  }
  const fs::path beside = options_.root / "tokenizer" / "spiece.model";
  if (fs::exists(beside)) return beside;
  return std::nullopt;
}

fs::path DataSource::require_tokenizer() const {
  if (const auto found = find_tokenizer()) return *found;
  throw UsageError(
      "--model DIR is missing (the backbone's folder, whose spiece.model makes the tokens)");
}

datasets::TaskData DataSource::load(const datasets::Task& task) const {
  try {
    return datasets::load_task(task, load_options(task));
  } catch (const datasets::DefinitionError& error) {
    throw config::ConfigError({config::definition_problem(*sweep_, error)});
  }
}

}  // namespace attempt::cli
