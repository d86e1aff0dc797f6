#include "runner/sweep/prompt_file.h"

#include "results/trial_file.h"

namespace attempt::sweep {

std::optional<PromptFile> read_prompt_file(const std::filesystem::path& path) {
  if (path.extension() == ".h5" && std::filesystem::is_regular_file(path)) {
    results::TrialPrompt prompt = results::read_trial_prompt(path);
    return PromptFile{{std::move(prompt.values.shape), std::move(prompt.values.values)},
                      std::move(prompt.backbone)};
  }
  auto values = model::read_prompt_values(path);
  if (!values) return std::nullopt;
  return PromptFile{std::move(*values), ""};
}

}  // namespace attempt::sweep
