#include "results/prompt_card.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/publish.h"
#include "results/store_error.h"
#include "results/study_files.h"
#include "results/trial_file.h"

namespace attempt::results {

namespace {

const NamedArray* prompt_of(const TrialRecord& record) {
  const auto found = std::find_if(
      record.parameters.begin(), record.parameters.end(),
      [](const NamedArray& array) { return array.name == "prompt" || array.name == "prompts"; });
  return found == record.parameters.end() ? nullptr : &*found;
}

/// What stands beside the scores of a test split.
bool is_beside_scores(const std::string& metric) {
  return metric == "loss" || metric == "constant_score" || metric == "unparsable" ||
         metric == "distinct_predictions";
}

std::string text_in(const nlohmann::json& json, const char* key) {
  return json.is_object() && json.contains(key) && json[key].is_string() ? json[key] : "unknown";
}

}  // namespace

std::string prompt_card(const TrialRecord& record) {
  const auto provenance =
      nlohmann::json::parse(record.provenance, nullptr, /*allow_exceptions=*/false);
  std::string card = fmt::format(
      "# Prompt {}\n\n* Task: {}{}\n* Method: {}, seed {}\n* Backbone: {} (fingerprint {})\n",
      record.trial_id, fmt::join(record.tasks, ", "),
      record.synthetic ? " (made-up data of the demo)" : "",
      record.variant.empty() ? record.method : record.variant, record.seed,
      std::filesystem::path(text_in(provenance, "backbone")).filename().string(),
      text_in(provenance, "backbone_fingerprint"));
  if (const NamedArray* prompt = prompt_of(record)) {
    card += fmt::format("* Object: /parameters/{}, float32 [{}]\n", prompt->name,
                        fmt::join(prompt->shape, ", "));
  }
  card += fmt::format("* Steps: {} trained, checkpoint of step {}\n", record.train.step.size(),
                      record.selected_step);
  for (const auto& [task, test] : record.test) {
    for (const auto& [metric, value] : test.metrics) {
      if (is_beside_scores(metric)) continue;
      card += fmt::format("* Test, {} {}: {:.2f}\n", task, metric, value);
    }
  }
  card += fmt::format("* Made by: attempt-mpi, commit {}\n", text_in(provenance, "commit"));
  return card +
         "* Licence: not decided by this file. A prompt is made from the task's training data and "
         "the "
         "backbone's weights; the terms of both apply. Look them up before passing it on.\n";
}

std::size_t write_prompt_cards(const StudyFolder& study, const std::vector<std::string>& trial_ids,
                               const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw StoreError(folder.string(),
                     "cannot be made (" + error.message() + "). Name another folder.");
  }
  std::size_t written = 0;
  for (const SoundTrial& trial : sound_trials(study, trial_ids)) {
    const TrialRecord record = read_verified_results(trial.file, /*with_prompt=*/true);
    if (record.parameters.empty()) continue;
    replace_file(folder / (trial.trial_id + ".md"), prompt_card(record));
    ++written;
  }
  return written;
}

}  // namespace attempt::results
