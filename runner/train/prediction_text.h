#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "datasets/data_rules.h"
#include "datasets/tokenizer.h"

namespace attempt::train {

/// Text of generated (or target) ids as it is scored: special ids dropped, decoded, cleaned up when
/// the rule `decode.cleanup` asks for it, trimmed. tasks.md 2.3.
std::string prediction_text(const datasets::Tokenizer& tokenizer, std::span<const std::int32_t> ids,
                            const datasets::DataRules& rules);

/// The clean-up of spaces that the tokenizer library of the authors' time applied.
std::string clean_up_spaces(std::string text);

}  // namespace attempt::train
