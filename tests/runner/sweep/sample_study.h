#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runner/sweep/plan.h"
#include "runner/sweep/study_inputs.h"
#include "tests/support/test_support.h"

namespace attempt::sweep::test {

/// A backbone of t5-base's shape and tasks of the official sizes, without any file: the data sets
/// are not ours to keep in the repository.
class SampleInputs : public StudyInputs {
 public:
  SampleInputs();
  BackboneFacts backbone(const config::SweepFile& sweep) override;
  TaskFacts task(const datasets::Task& task, const DataSpec& data,
                 const TaskSpec& settings) override;
  std::string file_digest(const std::filesystem::path& file) override;
  /// What `prompts` says of the file's name; by default a prompt of unknown shape.
  PromptFacts prompt(const std::filesystem::path& file) override;
  /// A made-up vocabulary: one id a word, unknown where the word stands in `unknown_words`.
  std::vector<std::int32_t> encode(const std::filesystem::path& tokenizer,
                                   const std::string& text) override;

  model::T5Config config;  ///< T5-base
  bool is_random = false;
  bool has_all_files = true;
  std::map<std::string, PromptFacts> prompts;  ///< by file name
  std::vector<std::string> unknown_words;
};

/// Plans the sweep text with SampleInputs; [model] path is set unless the text has a [model].
Plan plan_of(const std::string& toml, const std::vector<std::string>& set = {});
Plan plan_of(const std::string& toml, SampleInputs& inputs,
             const std::vector<std::string>& set = {});

/// what() of the ConfigError or DataError that planning throws; "" when it throws none.
std::string refusal_of(const std::string& toml, const std::vector<std::string>& set = {});
std::string refusal_of(const std::string& toml, SampleInputs& inputs,
                       const std::vector<std::string>& set = {});

/// Trials of a plan by phase and method.
std::vector<const PlannedTrial*> trials_of(const Plan& plan, const std::string& phase,
                                           const std::string& method = "");

/// The layer and value of one effective setting, "20 (default)"; "" when it is not used.
std::string origin_of(const PlannedTrial& trial, const std::string& key);

}  // namespace attempt::sweep::test
