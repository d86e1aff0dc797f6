#include "runner/sweep/pooled_similarity.h"

#include <algorithm>

namespace attempt::sweep {

namespace {

/// Greatest value of every column, as a prompt of one row.
PromptRows pooled(const PromptRows& prompt) {
  const auto width = static_cast<std::size_t>(prompt.width);
  PromptRows greatest{
      1, prompt.width, {prompt.values.begin(), prompt.values.begin() + prompt.width}};
  for (std::size_t i = width; i < prompt.values.size(); ++i) {
    greatest.values[i % width] = std::max(greatest.values[i % width], prompt.values[i]);
  }
  return greatest;
}

}  // namespace

double max_pooled_cosine(const PromptRows& a, const PromptRows& b) {
  return prompt_similarity(Similarity::kMeanCosine, pooled(a), pooled(b));
}

}  // namespace attempt::sweep
