#include "runner/sweep/ready_made_prompts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace attempt::sweep {
namespace {

/// What is wrong with a prompt's values for this backbone, whatever its length; "" if nothing.
std::string content_problem(const PromptFacts& facts, const BackboneFacts& backbone) {
  if (!facts.is_finite) return "it holds NaN or infinite values";
  if (!facts.shape.empty() && facts.shape.back() != backbone.config.d_model) {
    return fmt::format("its shape is {} and the backbone's d_model is {}", facts.shape,
                       backbone.config.d_model);
  }
  const bool is_of_another =
      !facts.backbone.empty() && backbone.has_all_files && facts.backbone != backbone.fingerprint;
  if (is_of_another) {
    return "it is of another backbone: fingerprint " + facts.backbone.substr(0, 12) +
           ", the study's " + backbone.fingerprint.substr(0, 12);
  }
  return "";
}

}  // namespace

std::optional<AvailableSource> ready_made_source(const std::pair<config::Named, std::string>& given,
                                                 StudyInputs& inputs, const BackboneFacts& backbone,
                                                 config::Problems& problems) {
  const auto& [name, path] = given;
  const std::string which = "the prompt file of '" + name.name + "', " + path + ", ";
  try {
    const PromptFacts facts = inputs.prompt(path);
    if (const std::string wrong = content_problem(facts, backbone); !wrong.empty()) {
      problems.add(name.at, "sources.prompts",
                   which + "cannot be used (" + wrong + "). Name another file");
      return std::nullopt;
    }
    AvailableSource source;
    source.ref = {name.name, "", path, facts.digest};
    if (!facts.shape.empty()) {
      source.prompt_length = facts.shape[facts.shape.size() - 2];
      source.is_deep = facts.shape.size() == 3;
    }
    return source;
  } catch (const std::runtime_error& error) {
    problems.add(name.at, "sources.prompts",
                 which + "cannot be read (" + error.what() + "). Correct the path");
    return std::nullopt;
  }
}

std::string start_file_problem(const std::string& path, std::int64_t rows, std::int64_t layers,
                               StudyInputs& inputs, const BackboneFacts& backbone) {
  try {
    const PromptFacts facts = inputs.prompt(path);
    if (std::string wrong = content_problem(facts, backbone); !wrong.empty()) return wrong;
    std::vector<std::int64_t> expected = {rows, backbone.config.d_model};
    if (layers > 0) expected.insert(expected.begin(), layers);
    if (facts.shape.empty() || facts.shape == expected) return "";
    return fmt::format("its shape is {} and the prompt's is {}", facts.shape, expected);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace attempt::sweep
