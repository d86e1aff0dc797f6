#pragma once

#include "runner/sweep/prompt_similarity.h"

namespace attempt::sweep {

/// Cosine of the greatest value of every column: of the keys that ATTEMPT scores a prompt by
/// (methods.md section 6.2). 0 where one of them is zero.
/// @throws std::invalid_argument when the widths differ.
double max_pooled_cosine(const PromptRows& a, const PromptRows& b);

}  // namespace attempt::sweep
