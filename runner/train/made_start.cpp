#include "runner/train/made_start.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runner/sweep/prompt_similarity.h"
#include "runner/train/trial_failure.h"

namespace attempt::train {

namespace {

sweep::PromptRows to_rows(const at::Tensor& prompt) {
  const at::Tensor plain = prompt.to(at::kCPU, at::kFloat).contiguous();
  const auto* first = plain.const_data_ptr<float>();
  return {plain.size(0), plain.size(1), {first, first + plain.numel()}};
}

at::Tensor to_tensor(const sweep::PromptRows& rows) {
  const at::Tensor tensor = at::empty({rows.rows, rows.width}, at::kFloat);
  std::memcpy(tensor.mutable_data_ptr(), rows.values.data(), tensor.nbytes());
  return tensor;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void require_prompt(const model::SourcePrompt& prompt, const at::Tensor& like) {
  if (prompt.value.sizes() == like.sizes() && prompt.value.isfinite().all().item<bool>()) return;
  throw TrialFailure("source", fmt::format("the source prompt '{}' has another shape than the "
                                           "probe's, or holds NaN or infinite values",
                                           prompt.name));
}

}  // namespace

LoadedSources make_start(const sweep::StartChoice& choice, const StartMaterial& material) {
  const at::Tensor& probe = material.probe.prompts.at(0).value;
  const sweep::PromptRows task = to_rows(probe);
  LoadedSources made{{}, material.sources.description};
  std::vector<sweep::PromptRows> prompts;
  std::vector<double> similarities;
  for (std::size_t j = 0; j < material.sources.prompts.size(); ++j) {
    const model::SourcePrompt& source = material.sources.prompts[j];
    require_prompt(source, probe);
    prompts.push_back(to_rows(source.value));
    similarities.push_back(sweep::prompt_similarity(choice.similarity, prompts[j], task));
    made.description[j]["similarity"] = similarities[j];
    made.description[j]["similarity_without_start"] = nullptr;
    if (material.drawn.defined() && holds(choice.of_equal_start, source.name)) {
      const sweep::PromptRows start = to_rows(material.drawn);
      made.description[j]["similarity_without_start"] = sweep::prompt_similarity(
          choice.similarity, sweep::difference(prompts[j], start), sweep::difference(task, start));
    }
  }
  const std::vector<double> weights =
      sweep::source_weights(similarities, choice.choice, choice.top_k, choice.weighting);
  if (weights.empty()) {
    throw TrialFailure(
        "source",
        "no source prompt is similar to the task (all similarities are 0 or negative, so that "
        "there are no weights in proportion to them). Use weights = \"softmax\", choose = "
        "\"most_similar\", or other source prompts");
  }
  for (std::size_t j = 0; j < weights.size(); ++j) made.description[j]["weight"] = weights[j];
  made.description.push_back(material.probe.description.at(0));
  made.prompts.push_back({sweep::kMadeStart, to_tensor(sweep::weighted_sum(prompts, weights))});
  return made;
}

}  // namespace attempt::train
