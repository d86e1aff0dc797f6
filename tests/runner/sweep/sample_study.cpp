#include "tests/runner/sweep/sample_study.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "datasets/data_error.h"
#include "datasets/split_rules.h"
#include "datasets/tokenizer.h"
#include "runner/sweep/expand.h"

namespace attempt::sweep::test {

SampleInputs::SampleInputs() {
  config.vocab_size = 32128;
  config.d_model = 768;
  config.d_kv = 64;
  config.num_heads = 12;
  config.d_ff = 3072;
  config.num_layers = 12;
  config.num_decoder_layers = 12;
}

BackboneFacts SampleInputs::backbone(const config::SweepFile&) {
  BackboneFacts facts;
  facts.config = config;
  facts.fingerprint = "backbone-fingerprint";
  facts.tokenizer = "/models/t5/spiece.model";
  facts.tokenizer_fingerprint = "tokenizer-fingerprint";
  facts.is_random = is_random;
  facts.has_all_files = has_all_files;
  return facts;
}

TaskFacts SampleInputs::task(const datasets::Task& task, const DataSpec& data, const TaskSpec&) {
  return {"files-of-" + task.name, datasets::expected_counts(task, data.rules), {}};
}

std::string SampleInputs::file_digest(const std::filesystem::path& file) {
  if (file.filename().string().starts_with("missing")) {
    throw datasets::DataError(file.string(), "cannot be read");
  }
  return "digest-of-" + file.filename().string();
}

PromptFacts SampleInputs::prompt(const std::filesystem::path& file) {
  const auto known = prompts.find(file.filename().string());
  PromptFacts facts = known == prompts.end() ? PromptFacts{} : known->second;
  facts.digest = file_digest(file);
  return facts;
}

std::vector<std::int32_t> SampleInputs::encode(const std::filesystem::path&,
                                               const std::string& text) {
  std::istringstream words(text);
  std::vector<std::int32_t> ids;
  for (std::string word; words >> word;) {
    const bool is_unknown =
        std::find(unknown_words.begin(), unknown_words.end(), word) != unknown_words.end();
    ids.push_back(is_unknown ? datasets::kUnkId : 10);
  }
  return ids;
}

Plan plan_of(const std::string& toml, SampleInputs& inputs, const std::vector<std::string>& set) {
  const attempt::test::TemporaryFolder folder;
  const bool has_model = toml.find("[model]") != std::string::npos;
  const std::string model = has_model ? "" : "\n[model]\npath = \"t5\"\n";
  attempt::test::write_file(folder / "study.toml", toml + model);
  return expand(config::read_sweep(folder / "study.toml", set), inputs);
}

Plan plan_of(const std::string& toml, const std::vector<std::string>& set) {
  SampleInputs inputs;
  return plan_of(toml, inputs, set);
}

std::string refusal_of(const std::string& toml, const std::vector<std::string>& set) {
  SampleInputs inputs;
  return refusal_of(toml, inputs, set);
}

std::string refusal_of(const std::string& toml, SampleInputs& inputs,
                       const std::vector<std::string>& set) {
  try {
    plan_of(toml, inputs, set);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

std::vector<const PlannedTrial*> trials_of(const Plan& plan, const std::string& phase,
                                           const std::string& method) {
  std::vector<const PlannedTrial*> found;
  for (const PlannedTrial& trial : plan.trials) {
    if (trial.spec.phase == phase && (method.empty() || trial.spec.method == method)) {
      found.push_back(&trial);
    }
  }
  return found;
}

std::string origin_of(const PlannedTrial& trial, const std::string& key) {
  for (const ValueOrigin& origin : *trial.values) {
    if (origin.key == key) {
      return origin.value + " (" + origin.layer + ")";
    }
  }
  return "";
}

}  // namespace attempt::sweep::test
