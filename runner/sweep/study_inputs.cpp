#include "runner/sweep/study_inputs.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/data_error.h"
#include "datasets/split_rules.h"
#include "datasets/task_data.h"
#include "datasets/tokenizer.h"
#include "model/shapes/model_error.h"
#include "results/digest.h"
#include "results/store_error.h"
#include "runner/sweep/prompt_file.h"

namespace attempt::sweep {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json read_json(const fs::path& file) {
  std::ifstream in(file);
  json document = json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    throw model::ModelError(file.string(),
                            "is not a JSON object (it describes the backbone). Take the file that "
                            "belongs to the weights");
  }
  return document;
}

/// Weight files of a Hugging Face folder, sorted; empty where there are none.
std::vector<fs::path> weight_files(const fs::path& folder) {
  const fs::path single = folder / "model.safetensors";
  if (fs::exists(single)) {
    return {single};
  }
  const fs::path index = folder / "model.safetensors.index.json";
  if (!fs::exists(index)) {
    return {};
  }
  const json document = read_json(index);
  const auto map = document.find("weight_map");
  if (map == document.end() || !map->is_object()) {
    throw model::ModelError(index.string(),
                            "has no 'weight_map' (it lists the shards). Download the index again");
  }
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : map->items()) {
    if (!shard.is_string() || fs::path(shard.get<std::string>()).has_parent_path()) {
      throw model::ModelError(index.string(), "'weight_map' of '" + tensor +
                                                  "' is no file name (shards lie beside the "
                                                  "index). Download the index again");
    }
    shards.insert(shard.get<std::string>());
  }
  std::vector<fs::path> files = {index};
  for (const std::string& shard : shards) {
    files.push_back(folder / shard);
  }
  return files;
}

datasets::LoadOptions load_options(const DataSpec& data, const TaskSpec& settings) {
  datasets::LoadOptions options;
  options.root = data.root;
  options.files.insert(settings.files.begin(), settings.files.end());
  options.rules = data.rules;
  options.add_prefix = settings.add_prefix;
  if (datasets::caps_at_load(task_of(settings)))
    options.max_train_examples = settings.max_train_examples.value_or(datasets::kNoCap);
  options.max_bad_rows = data.max_bad_rows;
  options.strict_counts = data.strict_counts;
  return options;
}

class FileInputs : public StudyInputs {
 public:
  FileInputs(bool allow_missing_weights, fs::path speeds)
      : allow_missing_weights_(allow_missing_weights),
        speeds_(std::move(speeds)),
        cache_(results::user_cache_folder() / "fingerprints.json") {}

  BackboneFacts backbone(const config::SweepFile& sweep) override;
  TaskFacts task(const datasets::Task& task, const DataSpec& data,
                 const TaskSpec& settings) override;
  std::string file_digest(const fs::path& file) override {
    try {
      return cache_.file_digest(file);
    } catch (const results::StoreError&) {
      throw datasets::DataError(file.string(),
                                "cannot be read (the sweep names it). Correct the path");
    }
  }
  PromptFacts prompt(const fs::path& file) override;
  std::vector<std::int32_t> encode(const fs::path& tokenizer, const std::string& text) override;
  SpeedTable speeds() override { return SpeedTable::read(speeds_); }

 private:
  TaskFacts audit(const datasets::Task& task, const datasets::LoadOptions& options,
                  const std::string& fingerprint);

  bool allow_missing_weights_;
  fs::path speeds_;
  results::FingerprintCache cache_;
  struct KnownTask {
    datasets::LoadOptions options;
    std::shared_ptr<const datasets::TaskDefinition> definition;
    TaskFacts facts;
  };
  std::map<std::string, std::vector<KnownTask>> tasks_;  ///< by name; a grid asks for them often
  std::map<std::pair<fs::path, std::string>, std::vector<std::int32_t>> encoded_;
  std::map<fs::path, PromptFacts> prompts_;
  std::unique_ptr<datasets::Tokenizer> tokenizer_;  ///< opened for a text that is not cached
  fs::path tokenizer_file_;
};

std::vector<std::int32_t> FileInputs::encode(const fs::path& tokenizer, const std::string& text) {
  const auto known = encoded_.find({tokenizer, text});
  if (known != encoded_.end()) return known->second;
  const std::string key =
      "ids 1 " + json{{"tokenizer", cache_.file_digest(tokenizer)}, {"text", text}}.dump();
  const json stored = json::parse(cache_.lookup(key), nullptr, /*allow_exceptions=*/false);
  const bool is_stored =
      stored.is_array() && std::all_of(stored.begin(), stored.end(),
                                       [](const json& id) { return id.is_number_integer(); });
  std::vector<std::int32_t> ids;
  if (is_stored) {
    ids = stored.get<std::vector<std::int32_t>>();
  } else {
    if (!tokenizer_ || tokenizer_file_ != tokenizer) {
      tokenizer_ = std::make_unique<datasets::Tokenizer>(tokenizer);
      tokenizer_file_ = tokenizer;
    }
    ids = tokenizer_->encode(text);
    cache_.store(key, json(ids).dump());
  }
  encoded_[{tokenizer, text}] = ids;
  return ids;
}

PromptFacts FileInputs::prompt(const fs::path& file) {
  const auto known = prompts_.find(file);
  if (known != prompts_.end()) return known->second;
  PromptFacts facts;
  facts.digest = file_digest(file);
  if (const auto prompt = read_prompt_file(file)) {
    facts.shape = prompt->shape;
    facts.is_finite = std::all_of(prompt->values.begin(), prompt->values.end(),
                                  [](float value) { return std::isfinite(value); });
    facts.backbone = prompt->backbone;
  }
  return prompts_[file] = facts;
}

BackboneFacts FileInputs::backbone(const config::SweepFile& sweep) {
  const fs::path folder = sweep.model_path;
  BackboneFacts facts;
  facts.config = model::read_t5_config(folder);
  facts.is_random = read_json(folder / "config.json").value("attempt_random_weights", false);
  facts.tokenizer = sweep.tokenizer.empty() ? (folder / "spiece.model").string() : sweep.tokenizer;

  std::string parts = "config.json " + cache_.file_digest(folder / "config.json") + "\n";
  const std::vector<fs::path> weights = weight_files(folder);
  for (const fs::path& file : weights) {
    if (!fs::exists(file)) {
      throw model::ModelError(file.string(),
                              "is missing (the index lists it). Download all shards");
    }
    parts += file.filename().string() + " " + cache_.file_digest(file) + "\n";
  }
  const bool has_tokenizer = fs::exists(facts.tokenizer);
  facts.has_all_files = !weights.empty() && has_tokenizer;
  if (!facts.has_all_files && !allow_missing_weights_) {
    const std::string missing =
        weights.empty() ? (folder / "model.safetensors").string() : facts.tokenizer;
    throw model::ModelError(missing,
                            "is missing (a study needs the backbone's weights and tokenizer). Put "
                            "it there, or name another folder with model.path");
  }
  if (has_tokenizer) {
    facts.tokenizer_fingerprint = cache_.file_digest(facts.tokenizer);
    parts += "spiece.model " + facts.tokenizer_fingerprint + "\n";
  } else {
    facts.tokenizer.clear();
  }
  facts.fingerprint = results::sha256(parts);
  return facts;
}

TaskFacts FileInputs::task(const datasets::Task& task, const DataSpec& data,
                           const TaskSpec& settings) {
  const datasets::LoadOptions options = load_options(data, settings);
  for (const KnownTask& known : tasks_[task.name]) {
    const bool is_defined_alike = known.definition && task.definition
                                      ? *known.definition == *task.definition
                                      : known.definition == task.definition;
    if (known.options == options && is_defined_alike) return known.facts;
  }
  json question = {{"task", task.name},
                   {"rules", data.rules},
                   {"max_bad_rows", data.max_bad_rows},
                   {"strict_counts", data.strict_counts},
                   {"max_train_examples", options.max_train_examples.value_or(-1)},
                   {"add_prefix", settings.add_prefix}};
  const json definition = task.definition ? json(*task.definition) : json();
  const auto rule = static_cast<int>(datasets::split_rule(task, options.rules));
  std::string parts = "split rule " + std::to_string(rule) + "\n";
  if (task.definition) parts += "definition " + definition.dump() + "\n";
  for (const fs::path& file : datasets::find_task_files(task, options)) {
    parts += cache_.file_digest(file) + "\n";
  }
  const std::string fingerprint = results::sha256(parts);
  question["files"] = fingerprint;
  const std::string key = "audit 3 " + question.dump();
  const json stored = json::parse(cache_.lookup(key), nullptr, /*allow_exceptions=*/false);
  TaskFacts facts;
  if (stored.is_object()) {
    facts.fingerprint = fingerprint;
    facts.counts = {stored.value("train", std::int64_t{0}),
                    stored.value("validation", std::int64_t{0}),
                    stored.value("test", std::int64_t{0})};
    facts.warnings = stored.value("warnings", std::vector<std::string>{});
  } else {
    facts = audit(task, options, fingerprint);
    cache_.store(key, json{{"train", facts.counts.train},
                           {"validation", facts.counts.validation},
                           {"test", facts.counts.test},
                           {"warnings", facts.warnings}}
                          .dump());
  }
  tasks_[task.name].push_back({options, task.definition, facts});
  return facts;
}

TaskFacts FileInputs::audit(const datasets::Task& task, const datasets::LoadOptions& options,
                            const std::string& fingerprint) {
  const datasets::TaskData loaded = datasets::load_task(task, options);
  return {fingerprint,
          {static_cast<std::int64_t>(loaded.train.size()),
           static_cast<std::int64_t>(loaded.validation.size()),
           static_cast<std::int64_t>(loaded.test.size())},
          loaded.warnings};
}

}  // namespace

std::unique_ptr<StudyInputs> open_study_inputs(bool allow_missing_weights, const fs::path& speeds) {
  return std::make_unique<FileInputs>(allow_missing_weights, speeds);
}

}  // namespace attempt::sweep
