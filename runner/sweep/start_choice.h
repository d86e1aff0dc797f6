#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "model/shapes/method_options.h"
#include "runner/sweep/prompt_similarity.h"

namespace attempt::sweep {

/// The name under which a SPoT trial's method is given the start that was made for it.
inline constexpr const char* kMadeStart = "start made of source prompts";

/// What the rows of a prompt were at step 0 of its training.
struct PromptStart {
  std::uint64_t seed = 0;  ///< of the trial whose initialisation stream drew them
  std::int64_t prompt_length = 0;
  model::PromptInit init = model::PromptInit::kSampledVocab;
  std::string text;
  bool repeats_text = false;
  std::string file;
  std::string file_sha256;  ///< of the content that was planned; "" without a file

  bool operator==(const PromptStart&) const = default;
};

/// How a SPoT trial makes its start out of its source prompts by their similarity to the prompt of
/// a probe, a short prompt tuning on the target task; methods.md section 6.1.
struct StartChoice {
  SourceChoice choice = SourceChoice::kFixed;  ///< kFixed: nothing below is used
  std::int64_t top_k = 0;
  SourceWeighting weighting = SourceWeighting::kProportional;
  Similarity similarity = Similarity::kMeanCosine;
  std::string probe;        ///< trial id
  PromptStart probe_start;  ///< S^0
  /// Names of the source prompts that were trained from probe_start too: for these the similarity
  /// of what training added, S - S^0, is stored beside the one that chooses.
  std::vector<std::string> of_equal_start;

  bool is_made() const { return choice != SourceChoice::kFixed; }
};

void to_json(nlohmann::json& json, const StartChoice& choice);
/// @throws nlohmann::json::exception, std::invalid_argument for an unknown word.
void from_json(const nlohmann::json& json, StartChoice& choice);

}  // namespace attempt::sweep
