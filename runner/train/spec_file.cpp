#include "runner/train/spec_file.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "results/sealed_text.h"

namespace attempt::train {

namespace {

template <typename Spec, typename Read>
Spec read_spec(const std::filesystem::path& path, Read read) {
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error(path.string() + ": cannot be read. Give the JSON file of a trial");
  }
  try {
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    // One that a person wrote has no digest.
    const nlohmann::json json = nlohmann::json::parse(text);
    if (json.contains("sha256") &&
        results::check_json_seal(text, 1) == results::TextSeal::kBroken) {
      throw std::runtime_error("its content is not that of its SHA-256");
    }
    return read(json);
  } catch (const std::exception& error) {
    throw std::runtime_error(path.string() + ": is not a specification of this version (" +
                             error.what() + "). Plan the study again");
  }
}

}  // namespace

sweep::TrialSpec read_trial_spec(const std::filesystem::path& path) {
  return read_spec<sweep::TrialSpec>(
      path, [](const nlohmann::json& json) { return json.get<sweep::TrialSpec>(); });
}

sweep::PrepareNode read_prepare_node(const std::filesystem::path& path) {
  return read_spec<sweep::PrepareNode>(
      path, [](const nlohmann::json& json) { return json.get<sweep::PrepareNode>(); });
}

}  // namespace attempt::train
